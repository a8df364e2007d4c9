"""Any number of labels per example."""

import keras
import numpy as np

from mmkeras import metrics
from mmkeras.metrics import classification
from mmkeras.tasks.targets.target import Target


class MultiLabel(Target):
    """Any of several labels, each predicted by itself."""

    metric = "f1_micro"
    monitors = ("f1_macro", "loss", "f1_weighted")

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        loss = keras.losses.BinaryCrossentropy(
            from_logits=True, label_smoothing=label_smoothing
        )
        return loss(y, outputs, sample_weight=weight)

    def losses(self, y, outputs):
        loss = keras.ops.binary_crossentropy(y, outputs, from_logits=True)
        return keras.ops.convert_to_numpy(loss)

    def score(self, labels, predictions):
        return metrics.classification_scores(labels, predictions, "multi")

    def agreement(self, labels, choices):
        return classification.f1(labels > 0.5, choices > 0.5, "micro")

    def majority(self, labels, count):
        return np.tile(np.mean(labels, 0), (count, 1))

    def correct(self, y, outputs):
        return (outputs > 0) == (y > 0.5), np.ones(y.shape, bool)
