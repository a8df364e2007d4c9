"""Negatives of a batch that are hard to distinguish from the pairs."""

import keras
from keras import ops

_NEVER = -1e30  # Of float32, with room for a sum of two.


@keras.saving.register_keras_serializable(package="mmkeras")
class HardNegatives(keras.layers.Layer):
    """Chooses for each half of a pair the other half of a similar pair.

    For an example i, the negative j is sampled by the similarities of its
    first half u to the second halves v, and another one by those of its second
    half to the first halves:

        p(j | i) = softmax_j(u_i . v_j),   q(j | i) = softmax_j(u_j . v_i)

    over the examples j that have no group in common with i. In inference mode
    the most similar ones are chosen.

    Args:
        seed: int, or `None` for a random one.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of pairs, shape `(batch, 2, dim)`, see `EmbeddingPairs`,
            and of groups, integers of shape `(batch, n)`: examples with the
            same number in a column are never each other's negatives.
        training: bool. Whether to sample.

    Returns:
        Tuple of three tensors of shape `(batch,)`: the index of the second
        half for each first one, that of the first half for each second one,
        and whether there are any. Without, an index means nothing. No
        gradient passes through them.

    Reference:
        [Li et al., 2021](https://arxiv.org/abs/2107.07651), section 3.2
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        pairs, groups = inputs
        pairs = ops.stop_gradient(ops.cast(pairs, "float32"))
        logits = ops.matmul(pairs[:, 0], ops.transpose(pairs[:, 1]))
        allowed = are_negatives(groups)
        seconds = self._choose(logits, allowed, training)
        firsts = self._choose(ops.transpose(logits), allowed, training)
        return seconds, firsts, ops.any(allowed, axis=1)

    def compute_output_spec(self, inputs, training=None):
        shape = inputs[0].shape[:1]
        types = ("int32", "int32", "bool")
        return tuple(keras.KerasTensor(shape, dtype) for dtype in types)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}

    def _choose(self, logits, allowed, training):
        """Index of a negative of each row."""
        logits = ops.where(allowed, logits, _NEVER)
        if not training:
            return ops.cast(ops.argmax(logits, axis=1), "int32")
        sample = keras.random.categorical(
            logits, 1, dtype="int32", seed=self.generator
        )
        return sample[:, 0]


def are_negatives(groups):
    """Determines which examples of a batch are each other's negatives.

    Args:
        groups: Integers of shape `(batch,)` or `(batch, n)`.

    Returns:
        Booleans of shape `(batch, batch)`: true where two examples have no
        number in common in any column.
    """
    groups = ops.convert_to_tensor(groups)
    if len(groups.shape) == 1:
        groups = groups[:, None]
    return ops.logical_not(
        ops.any(ops.equal(groups[:, None], groups[None]), axis=-1)
    )
