"""A number per example, such as the strength of a sentiment."""

import keras
import numpy as np

from mmkeras import metrics
from mmkeras.metrics.regression import sentiment_scores
from mmkeras.tasks.targets.target import Target


class Number(Target):
    """A number; the loss is the mean absolute error."""

    metric = "acc_2_non0"
    monitors = ("loss",)
    has_accuracy = False

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        loss = keras.losses.MeanAbsoluteError()
        return loss(y, outputs, sample_weight=weight)

    def losses(self, y, outputs):
        return np.abs(y - outputs.reshape(y.shape))

    def score(self, labels, predictions):
        return metrics.classification_scores(labels, predictions, "number")

    def agreement(self, labels, choices):
        return sentiment_scores(labels, choices.reshape(-1))[self.metric]

    def majority(self, labels, count):
        return np.full((count, 1), np.median(labels))

    def prior(self, labels, count, seed=0):
        return super().prior(labels, count, seed)[:, None]
