"""The bootstrap: how far a score would move on other examples.

Reference:
    [Efron and Tibshirani, 1993](https://doi.org/10.1201/9780429246593)
"""

import numpy as np


def resampled(count, groups=None, draws=1000, seed=0):
    """Draws examples with replacement, whole groups at a time.

    Args:
        count: int. How many examples there are.
        groups: List of `count` keys of what belongs together, e.g. utterances
            of one video; `None` if each example stands for itself.
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
        chosen = rng.integers(0, len(members), len(members))
        yield np.concatenate([members[i] for i in chosen])


def interval(drawn, level=0.95):
    """Percentiles of draws: a tuple `(low, high)` with `level` between."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
