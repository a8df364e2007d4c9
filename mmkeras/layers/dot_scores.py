"""Scores candidates against a query."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class DotScores(keras.layers.Layer):
    """Scores each of several candidates by its product with a query.

        s_i = q . c_i

    computed in float32; -1e9 for masked candidates.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of a query, shape `(batch, dim)`, and candidates, shape
            `(batch, candidates, dim)`.
        mask: List of two; the second, booleans of shape `(batch,
            candidates)` or `None`, is true for valid candidates.

    Returns:
        float32 scores of shape `(batch, candidates)`.

    Reference:
        [Das et al., 2017](https://arxiv.org/abs/1611.08669)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        query, candidates = (ops.cast(x, "float32") for x in inputs)
        scores = ops.squeeze(ops.matmul(candidates, query[:, :, None]), -1)
        if mask is None or mask[1] is None:
            return scores
        return ops.where(mask[1], scores, ops.full_like(scores, -1e9))

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[1][:2]

    def compute_output_spec(self, inputs, mask=None):
        return keras.KerasTensor(inputs[1].shape[:2], "float32")
