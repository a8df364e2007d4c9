"""Timing of several methods that take turns in rounds."""

import statistics
import time

import numpy as np


def interleave(methods, repeats, clock=time.perf_counter):
    """Times methods in turns, each once per round.

    Each round starts with another method, so that none is always the first.

    Args:
        methods: Dict of name to function without arguments, warmed up.
        repeats: int. Number of rounds.
        clock: Function that returns seconds; `time.process_time` for those of
            all cores, on a machine that others use as well.

    Returns:
        Dict of name to list of seconds, one per round.
    """
    names = list(methods)
    seconds = {name: [] for name in names}
    for turn in range(repeats):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            started = clock()
            methods[name]()
            seconds[name].append(clock() - started)
    return seconds


def medians(seconds):
    """Returns a dict of the medians of `interleave`'s lists."""
    return {name: statistics.median(times) for name, times in seconds.items()}


def ratio(slower, faster):
    """Returns how many times longer one method took, the median of rounds.

    Args:
        slower: List of seconds, one per round.
        faster: List of seconds of another method, in the same rounds.
    """
    return statistics.median(a / b for a, b in zip(slower, faster))


def exponent(sizes, seconds):
    """Fits `seconds = c * sizes ** exponent`; returns the exponent."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
