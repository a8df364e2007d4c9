"""What every world refuses to draw."""


def check(split, splits, count, seed):
    """Refuses a split that a world lacks, and negative numbers.

    Args:
        split: str.
        splits: Tuple of the world's splits.
        count: int. How many are to be drawn.
        seed: int.

    Raises:
        ValueError: If there is no such split, or a negative number.
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
