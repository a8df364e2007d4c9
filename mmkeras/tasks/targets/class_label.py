"""One class per example, or per step of a sequence."""

import dataclasses

import keras
import numpy as np

from mmkeras import metrics
from mmkeras.tasks.targets.target import Encoded
from mmkeras.tasks.targets.target import Target


@dataclasses.dataclass
class EncodedClasses(Encoded):
    """Classes as integers, expanded to one-hot per batch.

    A full one-hot table of a million questions by thousands of answers would
    not fit in memory.

    Attributes:
        size: Number of classes.
        annotators: Integers `(n, people)`: the class that each annotator
            chose, -1 for an unknown one; `None` for one annotator.
        shares: float32 of the same shape: the weight of each annotator.
    """

    size: int = 0
    annotators: np.ndarray | None = None
    shares: np.ndarray | None = None

    def take(self, order):
        """One-hot targets `(n, [steps,] classes)`, float32.

        With several annotators, the share of each class. Zeros for an unknown
        class.
        """
        if self.annotators is None:
            votes = self.values[order][..., None]
            shares = self.weight[order][..., None]
        else:
            votes, shares = self.annotators[order], self.shares[order]
        shape, count = votes.shape[:-1], votes.shape[-1]
        y = np.zeros((int(np.prod(shape)), self.size + 1), "float32")
        rows = np.arange(len(y))
        for vote, share in zip(
            votes.reshape(-1, count).T, shares.reshape(-1, count).T
        ):
            y[rows, vote] += share  # -1, the last column, is dropped.
        return y[:, :-1].reshape(*shape, self.size)


class ClassLabel(Target):
    """One class. Examples with `"answers"` have those of several annotators."""

    has_probabilities = True

    def errors(self, rows):
        if self.codec.allow_unknown:
            return [""] * len(rows)
        return super().errors(rows)

    def encode(self, rows, steps=None):
        encoded = super().encode(rows, steps)
        classes = EncodedClasses(
            encoded.values, encoded.weight, self.codec.size
        )
        if steps is None and any(row.get("answers") for row in rows):
            classes.annotators, classes.shares = self._annotators(rows)
        return classes

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=label_smoothing
        )
        return loss(y, outputs, sample_weight=weight)

    def losses(self, y, outputs):
        loss = keras.ops.categorical_crossentropy(y, outputs, from_logits=True)
        return keras.ops.convert_to_numpy(loss)

    def choose(self, predictions):
        return predictions.argmax(-1)

    def score(self, labels, predictions):
        return metrics.classification_scores(labels, predictions, "single")

    def agreement(self, labels, choices):
        return float(np.mean(labels == choices))

    def majority(self, labels, count):
        labels = np.asarray(labels)
        classes = labels[labels >= 0]  # -1 is an unknown class.
        return np.full(count, np.bincount(classes, minlength=1).argmax())

    def prior(self, labels, count, seed=0):
        # -1, an unknown class, is never predicted.
        return np.maximum(super().prior(labels, count, seed), 0)

    def correct(self, y, outputs):
        return outputs.argmax(-1) == y.argmax(-1), y.any(-1)

    def _annotators(self, rows):
        each = [row.get("answers") or [row[self.field]] for row in rows]
        shape = (len(rows), max(map(len, each)))
        votes, shares = np.full(shape, -1), np.zeros(shape, "float32")
        for i, answers in enumerate(each):
            votes[i, : len(answers)] = [self.codec(a) for a in answers]
            shares[i, : len(answers)] = 1 / len(answers)
        return votes, shares
