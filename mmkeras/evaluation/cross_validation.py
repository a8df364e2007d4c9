"""Trains and evaluates a model per fold."""

from mmkeras.evaluation import runs as evaluations
from mmkeras.files import atomic
from mmkeras.training import folds
from mmkeras.training import runs


def train(config, source, rows, out, seed, init, overwrite, reporter):
    """Trains and evaluates a model per fold, each in a folder of its own.

    The means and standard deviations are written to `results.json`.

    Args:
        config: A `training.config.Config` with `train.folds`.
        source: Dict as of `training.sources.make`: the data set.
        rows: Tuple of its training and validation rows, which are divided
            anew, and more.
        out: `pathlib.Path` of the folder of all folds.
        seed: int.
        init: Run or preset to start from, or `None`.
        overwrite: bool. Whether to delete other runs in the folders.
        reporter: A `training.reporter.Reporter`.

    Returns:
        The `tasks.Task` of the last fold.

    Raises:
        ValueError: As of `training.runs.train`, or if there are fewer groups,
            or rows, than folds.
    """
    count, metrics = config.recipe.folds, []
    for fold in range(count):
        reporter.note(f"Fold {fold} of {count}, from 0:")
        path = folds.path(out, fold)
        parts = folds.rows_of_fold(*rows[:2], count, fold)
        runs.train(
            *(config, source, parts, path),
            *(seed, init, overwrite, reporter, fold),
        )
        evaluation = evaluations.evaluate(
            *(path, "val", source["source"], source["folder"]),
            *(source["columns"], config.generate),
            reporter=reporter,
        )
        metrics.append(evaluation.metrics)
    means, stds = folds.summarize(metrics)
    scores = {"folds": count, "metrics": means, "std": stds}
    atomic.write_json(out / "results.json", {"cross_validation": scores})
    reporter.note(folds.describe(means, stds, count))
    return evaluation.task
