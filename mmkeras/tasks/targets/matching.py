"""Whether two modalities belong together, beside hard negatives."""

import numpy as np
from keras import ops

from mmkeras import layers
from mmkeras.tasks import graph
from mmkeras.tasks.targets.auxiliary import Auxiliary
from mmkeras.tasks.targets.auxiliary import without

GROUPS = "groups"  # Input of the model that is trained.
_ABSENT = -1e9  # Logit without a negative: it costs nothing.
_WEIGHTS = (1.0, 0.5, 0.5)  # Of a pair, and of its negatives.


class Matching(Auxiliary):
    """Classifies each pair of a batch, and two pairs that do not match.

    A negative pair keeps one half and takes the other one of a similar pair;
    see `layers.HardNegatives`.

        loss = weighted mean of -log sigmoid(z) of pairs and
               -log sigmoid(-z) of negatives

    A pair has the weight 1 and each of its two negatives 1/2, so that without
    any knowledge the probability is 1/2.

    Args:
        fields: Names of the two inputs.
        pairs: Name of the model's output with the pairs of embeddings.
        output: Name of its output with a logit per example.

    Reference:
        [Li et al., 2021](https://arxiv.org/abs/2107.07651), section 3.2
    """

    def __init__(self, fields, pairs="embeddings", output="matching"):
        self.fields = tuple(fields)
        self.pairs = pairs
        self.output = output

    def training_outputs(self, model, inputs, given, seed=0):
        """Logits `(batch, 3)`: of the pair, and of two negatives.

        The first negative has the example's first half, the second one its
        second half. The inputs include `"groups"`, see `HardNegatives`.
        """
        outputs = [model.output[name] for name in (self.pairs, self.output)]
        pairs, logits = graph.replay(model, given, outputs)
        layer = layers.HardNegatives(seed, name="hard_negatives")
        seconds, firsts, exist = layer([pairs, inputs[GROUPS]])
        columns = [logits]
        for field, index in zip(self.fields, (firsts, seconds)):
            (old, new), others = without(given, model.input, field)
            take = layers.TakeRows(name=f"negative_{field}")
            changed = [*others, (old, take([new, index]))]
            negative = graph.replay(model, changed, model.output[self.output])
            columns.insert(1, ops.where(exist[:, None], negative, _ABSENT))
        return ops.concatenate(columns, axis=-1)

    def loss(self, outputs, weight=None):
        logits = ops.cast(outputs, "float32")
        signs = ops.convert_to_tensor([[-1.0, 1.0, 1.0]], "float32")
        counts = ops.convert_to_tensor([_WEIGHTS], "float32")
        counts = counts * ops.cast(logits > _ABSENT, "float32")
        if weight is not None:
            counts = counts * ops.cast(weight, "float32")[:, None]
        total = ops.sum(ops.softplus(signs * logits) * counts)
        return total / ops.maximum(ops.sum(counts), 1.0)

    def correct(self, outputs):
        """With the weights of the loss: a constant answer scores 1/2."""
        weight = np.array([_WEIGHTS]) * (outputs > _ABSENT)
        return (outputs > 0) == np.array([[True, False, False]]), weight
