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


def scores(score, labels, predicted, groups=None, draws=1000, seed=0):
    """Scores several predictions on the same resampled examples.

    Args:
        score: Function of labels and predictions to a number, or to several.
        labels: Array of n labels.
        predicted: Dict of arrays of n predictions.
        groups: As of `resampled`.
        draws: int.
        seed: int.

    Returns:
        Dict of arrays of shape `(draws, ...)`.
    """
    samples = {name: [] for name in predicted}
    for rows in resampled(len(labels), groups, draws, seed):
        for name, values in predicted.items():
            samples[name].append(score(labels[rows], values[rows]))
    return {name: np.array(values) for name, values in samples.items()}


def interval(scores, level=0.95):
    """Returns the percentiles `(low, high)` with a share `level` between."""
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
