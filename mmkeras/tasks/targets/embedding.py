"""An embedding per modality; those of an example are close."""

import functools
import itertools
import math

import keras
import numpy as np

from mmkeras import losses
from mmkeras.data import encoding
from mmkeras.metrics import late_interaction
from mmkeras.metrics import retrieval
from mmkeras.tasks.targets.target import Encoded
from mmkeras.tasks.targets.target import Target

CUTOFFS = (1, 5, 10)
_MARGIN = 0.2  # Of triplets.
_LARGEST_MATRIX = 2**26  # Similarities at once: 256 MiB.
_WARMUP = 0.25  # Of all epochs: hardest negatives of a new model mislead it.
_LOSSES = {
    "contrastive": losses.contrastive_loss,
    "sigmoid": losses.sigmoid_loss,
    "triplet": functools.partial(losses.triplet_loss, margin=_MARGIN),
    "semi-hard": functools.partial(
        losses.triplet_loss, margin=_MARGIN, negatives="semi-hard"
    ),
}


class Embedding(Target):
    """Embeddings of two or more modalities, compared by their products.

    The value of an example is a dict by modality, of names that are the same
    for equal values. Examples with a name in common are never each other's
    negatives. An example has at least two of the modalities: it is a positive,
    a negative, a query and an item only in the pairs of modalities that it
    has. Of a pair, what the first modality's name denotes, such as an image,
    is one item, which may have several partners.

    The loss takes what is missing from the outputs, which are zeros there, see
    `layers.EmbeddingPairs`: training may also hide a modality. Scores take it
    from the values, so that nothing is left out that a model cannot embed.

    Args:
        codec: A `codecs.Groups`.
        field: Name of the value in an example.
        names: Names of the modalities.
        loss: As of `layers.EmbeddingPairs`.
        regions: int. Of `layers.LateInteraction`, the number of regions of
            the first of two modalities, before the words of the second one;
            `None` for an embedding per modality.
    """

    metric = "recall_mean"
    monitors = ("recall_mean", "loss")
    baseline = "chance"
    has_accuracy = False

    def __init__(self, codec, field, names, loss="contrastive", regions=None):
        super().__init__(codec, field)
        self.names = tuple(names)
        self.kind = loss
        self.regions = regions

    def errors(self, rows):
        """Names what an example lacks that has fewer than two modalities."""
        missing = [[n for n in self.names if _lacks(row, n)] for row in rows]
        limit = len(self.names) - 2
        return [
            encoding.unpaired(each, self.names) if len(each) > limit else ""
            for each in missing
        ]

    def encode(self, rows, steps=None):
        """Encodes names as numbers, those of missing values as negative ones.

        Negative numbers are all different, so that missing values have nothing
        in common.
        """
        names = [
            [row[self.field].get(n, b"") for n in self.names] for row in rows
        ]
        lacks = np.array([[_lacks(row, n) for n in self.names] for row in rows])
        alone = -1 - np.arange(lacks.size).reshape(lacks.shape)
        values = np.where(lacks, alone, self.codec(names).numpy())
        return Encoded(values, np.ones(len(rows), "float32"))

    def loss(self, y, outputs, weight=None, label_smoothing=0.0):
        return _mean(self._loss_of(outputs, y), weight)

    def warmup_epochs(self, epochs):
        """A quarter of all epochs for `"triplet"`, else 0.

        Trained on the hardest negatives from the beginning, embeddings
        collapse to one point.
        """
        return math.ceil(_WARMUP * epochs) if self.kind == "triplet" else 0

    def warmup_loss(self, y, outputs, weight=None, label_smoothing=0.0):
        """The loss of semi-hard negatives, which does not collapse.

        Reference:
            [Schroff et al., 2015](https://arxiv.org/abs/1503.03832), section
            3.2
        """
        return _mean(self._loss_of(outputs, y, "semi-hard"), weight)

    def _loss_of(self, outputs, y, kind=None):
        loss = _LOSSES[kind or self.kind]
        if self.regions is None:
            return loss(outputs, y)
        similarity = functools.partial(
            losses.late_interaction, regions=self.regions
        )
        return loss(outputs, y, similarity=similarity)

    def chance_loss(self, batch_size, labels):
        if self.kind != "contrastive":
            return None if self.kind == "sigmoid" else 2 * _MARGIN
        # Of each pair of modalities, those examples count that have both.
        pairs = itertools.combinations((np.asarray(labels) >= 0).T, 2)
        counts = [batch_size * np.mean(i & j) for i, j in pairs]
        logs = [math.log(max(count, 1)) for count in counts if count]
        return float(np.mean(logs)) if logs else None

    def losses(self, y, outputs):
        if self.regions is None:
            return keras.ops.convert_to_numpy(self._loss_of(outputs, y))
        logits = late_interaction(*self._steps(outputs))  # In blocks.
        values = _LOSSES[self.kind](logits, y, similarity=lambda x: x)
        return keras.ops.convert_to_numpy(values)

    def _steps(self, predictions):
        """Regions and words of predictions."""
        return predictions[:, : self.regions], predictions[:, self.regions :]

    def predictions(self, outputs):
        return np.asarray(outputs)

    def ranked(self, labels, predictions):
        """Ranks in every direction that an example has.

        Args:
            labels: As of `score`.
            predictions: As of `score`.

        Returns:
            Dict from pairs of names, that of the queries and that of the
            items, to pairs: the example of each query, and a
            `metrics.retrieval.Ranked`.
        """
        ranked = {}
        for i, j in itertools.combinations(range(len(self.names)), 2):
            rows = np.flatnonzero((labels[:, [i, j]] >= 0).all(axis=1))
            if not len(rows):
                continue
            groups = labels[rows, i]
            _, first = np.unique(groups, return_index=True)
            one, other = self.names[i], self.names[j]
            sides = (rows[first], i), (rows, j)
            forth, back = self._ranked_both(
                *(self._side(predictions, *side) for side in sides),
                groups[first],
                groups,
            )
            ranked[one, other] = rows[first], forth
            ranked[other, one] = rows, back
        return ranked

    def _side(self, predictions, rows, i):
        """Embeddings of some examples in the modality of number i."""
        if self.regions is None:
            return predictions[rows, i]
        return self._steps(predictions[rows])[i]

    def _ranked_both(self, x, y, x_groups, y_groups):
        """Ranks in both directions; their similarity is computed once."""
        if self.regions is None:
            forth = retrieval.rank(x, y, x_groups, y_groups)
            return forth, retrieval.rank(y, x, y_groups, x_groups)
        if len(x) * len(y) > _LARGEST_MATRIX:
            forth, back = (
                late_interaction,
                lambda y, x: late_interaction(x, y).T,
            )
        else:
            matrix = late_interaction(x, y)
            x, y = np.arange(len(x)), np.arange(len(y))

            def forth(x, y):
                return matrix[np.ix_(x, y)]

            def back(y, x):
                return matrix.T[np.ix_(y, x)]

        return (
            retrieval.rank(x, y, x_groups, y_groups, similarity=forth),
            retrieval.rank(y, x, y_groups, x_groups, similarity=back),
        )

    def score(self, labels, predictions, ranked=None):
        """Scores of retrieval; see `metrics.retrieval_scores`.

        Args:
            labels: As of `Encoded.labels`.
            predictions: As of `predictions`.
            ranked: As of `ranked`, if computed already.

        Returns:
            Dict of the metrics of every direction, and `"recall_mean"`.
        """
        ranked = ranked or self.ranked(labels, predictions)
        return retrieval.scores_of_ranked(
            {names: each for names, (_, each) in ranked.items()}
        )

    def agreement(self, labels, choices):
        return self.score(labels, choices)[self.metric]

    def majority(self, labels, count):
        """Random embeddings, with which items are retrieved by chance."""
        steps = len(self.names) if self.regions is None else self.regions + 1
        shape = (count, steps, 16)
        return np.random.default_rng(0).normal(size=shape).astype("float32")

    def units(self, labels):
        """Numbers the first items of examples, in the order of examples.

        Args:
            labels: As of `score`.

        Returns:
            Integers of shape `(n,)`, from 0, the same for the same item.
        """
        place = (labels >= 0).argmax(axis=1)
        items = np.take_along_axis(labels, place[:, None], axis=1)[:, 0]
        _, first, numbers = np.unique(
            items, return_index=True, return_inverse=True
        )
        return np.argsort(np.argsort(first))[numbers.reshape(-1)]

    def hits(self, labels, choices, ranked=None):
        """Counts the queries of each first item that are answered.

        Args:
            labels: As of `score`.
            choices: As of `score`.
            ranked: As of `score`.

        Returns:
            Floats of shape `(items, directions * 4)`: of the item's queries
            in each direction, how many have a partner among the first 1, 5
            and 10, and how many there are.
        """
        ranked = ranked or self.ranked(labels, choices)
        units = self.units(labels)
        columns = [
            np.bincount(units[queries], is_hit, units.max() + 1)
            for queries, each in ranked.values()
            for is_hit in (each.ranks <= np.array([[*CUTOFFS, np.inf]]).T)
        ]
        return np.stack(columns, axis=1)


def mean_recall(hits):
    """The mean of the recalls, of items as of `Embedding.hits`."""
    totals = hits.sum(axis=0).reshape(-1, len(CUTOFFS) + 1)
    totals = totals[totals[:, -1] > 0]  # A sample may lack a direction.
    return float(np.mean(totals[:, :-1] / totals[:, -1:]))


def _mean(loss, weight):
    """The mean of the losses of examples, weighted."""
    if weight is None:
        return keras.ops.mean(loss)
    weight = keras.ops.cast(weight, loss.dtype)
    total = keras.ops.maximum(keras.ops.sum(weight), 1)
    return keras.ops.sum(loss * weight) / total


def _lacks(row, name):
    value = row.get(name)
    return value is None or (isinstance(value, str) and not value.strip())
