"""The bootstrap: how much a score varies with the choice of examples.

Reference:
    [Efron and Tibshirani, 1993](https://doi.org/10.1201/9780429246593)
"""

import numpy as np


def resampled(count, groups=None, draws=1000, seed=0):
    """Draws examples with replacement, whole groups at a time.

    Args:
        count: int. Number of examples.
        groups: List of `count` keys of groups, e.g. the video of each
            utterance; `None` if each example is a group of its own.
        draws: int.
        seed: int.

    Yields:
        Integers, the examples of one draw.
    """
    rng = np.random.default_rng(seed)
    if groups is None:
        for _ in range(draws):
            yield rng.integers(0, count, count)
        return
    _, numbers = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(numbers == i) for i in range(numbers.max() + 1)]
    for _ in range(draws):
        sample = rng.integers(0, len(members), len(members))
        yield np.concatenate([members[i] for i in sample])


def scores(score, count, groups=None, draws=1000, seed=0):
    """Scores resampled examples.

    Args:
        score: Function of integers, the examples of one draw, to a list of n
            scores.
        count: As of `resampled`.
        groups: As of `resampled`.
        draws: int.
        seed: int.

    Returns:
        Array of shape `(n, draws)`.
    """
    samples = resampled(count, groups, draws, seed)
    return np.array([score(sample) for sample in samples]).T


def interval(scores, level=0.95):
    """Returns the percentiles `(low, high)` with a share `level` between."""
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
