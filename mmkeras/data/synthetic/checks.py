"""Checks of the arguments of synthetic data sets."""


def check(split, splits, count, seed):
    """Checks the split, count and seed of a synthetic data set.

    Args:
        split: str.
        splits: Tuple of the names of all splits.
        count: int. Number of samples.
        seed: int.

    Raises:
        ValueError: If the split is unknown, or a number is negative.
    """
    if split not in splits:
        raise ValueError(
            f"`split` must be one of {', '.join(map(repr, splits))}. "
            f"Received: split={split!r}"
        )
    if count < 0 or seed < 0:
        raise ValueError(
            "`count` and `seed` must not be negative. Received: "
            f"count={count}, seed={seed}"
        )
