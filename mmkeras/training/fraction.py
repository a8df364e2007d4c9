"""Training on a share of the training rows: `train.fraction`."""

import dataclasses

from mmkeras.data import splits


def apply(rows, fraction, seed):
    """Chooses a share of the training rows.

    Validation rows that were drawn from the training rows are a share of
    theirs, too.

    Args:
        rows: A `training.examples.Data`.
        fraction: float in (0, 1], or `None` for all rows.
        seed: int. Seed of the choice, and of the training.

    Returns:
        Tuple of a `training.examples.Data`; and a dict for `run.json` with the
        numbers of training rows and groups of rows that were chosen, and of
        all, or `None`.
    """
    if fraction is None:
        return rows, None
    train, *groups = splits.sample(rows.train, fraction, seed)
    counts = {
        "rows": [len(train), len(rows.train)],
        "groups": groups,
        "seed": seed,
    }
    val = rows.val
    if rows.val_is_drawn:
        val, *_ = splits.sample(val, fraction, seed)
    return dataclasses.replace(rows, train=train, val=val), counts


def describe(fraction, counts):
    """Describes in one line what was chosen.

    Args:
        fraction: As of `apply`.
        counts: The dict from `apply`.
    """
    rows, groups = (
        "{:,} of {:,}".format(*counts[key]) for key in ("rows", "groups")
    )
    units = f" ({groups} images, files or groups)" * (groups != rows)
    return (
        f"train.fraction={fraction:g}: {rows} training rows{units}, chosen by "
        f"seed {counts['seed']}."
    )
