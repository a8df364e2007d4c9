"""Cross-validation: a model per fold, trained on all other rows."""

import pathlib

import numpy as np

from mmkeras.data import splits


def rows_of_fold(train, val, count, fold):
    """Divides the rows of training and validation anew.

    Args:
        train: List of rows.
        val: List of rows.
        count: int. Number of folds.
        fold: int. Number of the fold that becomes the validation rows.

    Returns:
        Tuple of training rows and validation rows.

    Raises:
        ValueError: If there are fewer groups, or rows, than folds.
    """
    rows = [*train, *val]
    numbers = splits.folds(rows, count)
    parts = {
        name: [
            {**row, "split": name}
            for row, number in zip(rows, numbers)
            if (number == fold) == (name == "val")
        ]
        for name in ("train", "val")
    }
    return parts["train"], parts["val"]


def path(out, fold):
    """Folder of the run of a fold."""
    return pathlib.Path(out, f"fold-{fold}")


def summarize(metrics):
    """Computes the mean and spread of metrics.

    Args:
        metrics: List of a dict of metrics per fold.

    Returns:
        Tuple of dicts by metric: means, and standard deviations between
        folds. Bounds of intervals are left out.
    """
    names = [
        name
        for name, value in metrics[0].items()
        if isinstance(value, (int, float))
        and not name.endswith(("_low", "_high"))
        and all(name in scores for scores in metrics)
    ]
    values = {name: [scores[name] for scores in metrics] for name in names}
    means = {name: float(np.mean(x)) for name, x in values.items()}
    stds = {name: float(np.std(x, ddof=1)) for name, x in values.items()}
    return means, stds


def describe(means, stds, count):
    """Describes metrics in one line.

    Args:
        means: As of `summarize`.
        stds: As of `summarize`.
        count: int. Number of folds.
    """
    texts = [f"{k} {means[k]:.4g} ± {stds[k]:.2g}" for k in means]
    return f"Mean ± standard deviation of {count} folds: {', '.join(texts)}."
