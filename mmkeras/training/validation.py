"""Metrics of the validation split after every epoch."""

import numpy as np

from mmkeras.training import callbacks
from mmkeras.training import subsets

_CURVES = (
    "accuracy",
    "f1_macro",
    "f1_weighted",
    "correlation",
    "acc_2_non0",
    "cider",
    "bleu_4",
    "unique",
    "word_error_rate",
    "character_error_rate",
    "matching_accuracy",
    "words_accuracy",
)
_SUBSETS = "val_subsets_"  # Mean over every subset of the modalities.


class Validation:
    """Evaluates a task on validation examples.

    Args:
        task: A `tasks.Task`.
        val: A `training.examples.Examples`.
        recipe: A `recipes.Recipe`.

    Attributes:
        monitor: Name of the metric that selects the best epoch. If the model
            is trained on every subset of its modalities, the mean over them.
    """

    def __init__(self, task, val, recipe):
        self.task = task
        self.val = val
        metric = task.monitor(recipe.monitor)
        prefix = _SUBSETS if recipe.all_subsets else "val_"
        self.monitor = f"{prefix}{metric}"
        self._outputs = None

    def __call__(self):
        """Dict of metrics, `val_...`."""
        metrics = self._measure()
        if self.monitor.startswith(_SUBSETS):
            name = self.monitor.replace(_SUBSETS, "val_")
            parts = subsets.of(self.task.fields)[:-1]
            values = [self._measure(part)[name] for part in parts]
            metrics[self.monitor] = np.mean([*values, metrics[name]])
        return metrics

    def callbacks(self, batch_size):
        """Keras callbacks that warn of models that ignore their inputs.

        Args:
            batch_size: int. Number of examples per training batch.
        """
        target, warn = self.task.target, []
        level = target.chance_loss(batch_size, self.val.labels)
        if self.task.texts_differ:
            warn.append(callbacks.WarnOnCollapse(self._texts))
        if level is not None:
            names = self.task.loss_names
            loss = f"{names[0]}_loss" if names else "loss"
            warn.append(callbacks.WarnOnChance(level, loss))
        return warn

    def _measure(self, fields=None):
        outputs = self.val.outputs(fields)
        if fields is None:
            self._outputs = outputs
        scores = self.task.score(self.val, outputs)
        names = {*_CURVES, self.task.metric}
        scores = {f"val_{k}": v for k, v in scores.items() if k in names}
        return {"val_loss": self.val.loss(outputs), **scores}

    def _texts(self):
        """The texts generated last, one per input."""
        return self.task.texts(self.val, self._outputs)[1]
