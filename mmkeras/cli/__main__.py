"""`python -m mmkeras.cli`, the same as `mmkeras`."""

from mmkeras.cli import main

main()
