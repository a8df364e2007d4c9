"""The speed of mmkeras, compared with alternatives.

`python -m benchmarks decode` times the generation of captions, `python -m
benchmarks pipeline` the reading of images. Each runs all its methods in one
process, in turns and many short rounds, so that other load on the machine
affects all equally: trust the ratios, not the seconds.
"""
