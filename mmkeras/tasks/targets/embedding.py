"""Two embeddings per example, which are close if they belong together."""

import functools
import math

import keras
import numpy as np

from mmkeras import losses
from mmkeras import metrics
from mmkeras.metrics.retrieval import rank
from mmkeras.tasks.targets.target import Encoded
from mmkeras.tasks.targets.target import Target

CUTOFFS = (1, 5, 10)
_MARGIN = 0.2  # Of triplets.
_LOSSES = {
    "contrastive": losses.contrastive_loss,
    "sigmoid": losses.sigmoid_loss,
    "triplet": functools.partial(losses.triplet_loss, margin=_MARGIN),
    "semi-hard": functools.partial(
        losses.triplet_loss, margin=_MARGIN, negatives="semi-hard"
    ),
}


class Embedding(Target):
    """Embeddings of two modalities, compared by their product.

    The value of an example is a dict by modality, of names that are the same
    for equal values. Examples with a name in common are never each other's
    negatives. What the first modality's name denotes, such as an image, is one
    item, which may have several partners.

    Args:
        codec: A `codecs.Groups`.
        field: Name of the value in an example.
        names: Names of the two modalities.
        loss: As of `layers.EmbeddingPairs`.
    """

    metric = "recall_mean"
    monitors = ("recall_mean", "loss")
    baseline = "chance"
    has_accuracy = False

    def __init__(self, codec, field, names, loss="contrastive"):
        super().__init__(codec, field)
        self.names = tuple(names)
        self.kind = loss
        self._loss = _LOSSES[loss]

    def errors(self, rows):
        """Names the modality that an example lacks."""
        return [
            next((f"{n}: missing" for n in self.names if _lacks(row, n)), "")
            for row in rows
        ]

    def encode(self, rows, steps=None):
        names = [[row[self.field][n] for n in self.names] for row in rows]
        values = self.codec(names).numpy()
        return Encoded(values, np.ones(len(rows), "float32"))

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        loss = self._loss(outputs, y)
        if weight is None:
            return keras.ops.mean(loss)
        weight = keras.ops.cast(weight, loss.dtype)
        return keras.ops.sum(loss * weight) / keras.ops.maximum(
            keras.ops.sum(weight), 1
        )

    def chance_loss(self, batch_size):
        if self.kind == "contrastive":
            return math.log(batch_size)
        return None if self.kind == "sigmoid" else 2 * _MARGIN

    def losses(self, y, outputs):
        return keras.ops.convert_to_numpy(self._loss(outputs, y))

    def predictions(self, outputs):
        return np.asarray(outputs)

    def score(self, labels, predictions):
        """Scores of retrieval; see `metrics.retrieval_scores`."""
        _, first = np.unique(labels[:, 0], return_index=True)
        return metrics.retrieval_scores(
            predictions[first, 0],
            predictions[:, 1],
            labels[first, 0],
            labels[:, 0],
            self.names,
        )

    def agreement(self, labels, choices):
        return self.score(labels, choices)[self.metric]

    def majority(self, labels, count):
        """Random embeddings, with which items are retrieved by chance."""
        shape = (count, 2, 16)
        return np.random.default_rng(0).normal(size=shape).astype("float32")

    def hits(self, labels, choices):
        """Counts the queries of each item that are answered.

        Args:
            labels: As of `score`.
            choices: As of `score`.

        Returns:
            Floats of shape `(items, 7)`: whether a partner of the item is
            among the first 1, 5 and 10; how many of its partners have it among
            their first 1, 5 and 10; and the number of its partners.
        """
        items, first, numbers = np.unique(
            labels[:, 0], return_index=True, return_inverse=True
        )
        numbers = numbers.reshape(-1)
        sides = (
            (choices[first, 0], np.arange(len(items))),
            (choices[:, 1], numbers),
        )
        (one, groups), (others, of_others) = sides
        forth = rank(one, others, groups, of_others).ranks
        back = rank(others, one, of_others, groups).ranks
        parts = [forth[:, None] <= CUTOFFS]
        for cutoff in CUTOFFS:
            parts.append(
                np.bincount(numbers, back <= cutoff, len(items))[:, None]
            )
        parts.append(np.bincount(numbers, minlength=len(items))[:, None])
        return np.concatenate(parts, axis=1).astype(float)


def mean_recall(hits):
    """The mean of the six recalls, of items as of `Embedding.hits`."""
    count = len(CUTOFFS)
    forth = hits[:, :count].mean(axis=0)
    back = hits[:, count:-1].sum(axis=0) / hits[:, -1].sum()
    return float(np.mean([*forth, *back]))


def _lacks(row, name):
    value = row.get(name)
    return value is None or (isinstance(value, str) and not value.strip())
