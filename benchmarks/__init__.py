"""What mmkeras costs beside what one would use instead.

`python -m benchmarks decode` times the writing of captions, `python -m
benchmarks pipeline` the reading of images. Each runs all its methods in
one process, one after the other in many short rounds, so that whatever else
the machine does falls on all alike: trust the ratios, not the seconds.
"""
