"""Attention weights over the steps of a sequence."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class AttentionWeights(keras.layers.Layer):
    """Turns scores of steps into weights that sum to 1, without padding.

        w_i = exp(s_i) / sum of exp(s_j) over the unmasked steps j

    computed in float32. Where all steps are masked, all weights are 0.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of scores, shape `(batch, length, glimpses)`, and their
            steps, shape `(batch, length, dim)`.
        mask: List of two; the second, booleans of shape `(batch, length)` or
            `None`, is true for the steps to attend to.

    Returns:
        Weights of shape `(batch, glimpses, length)`; their product with the
        steps is the attended features, `(batch, glimpses, dim)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        scores = ops.cast(ops.swapaxes(inputs[0], 1, 2), "float32")
        if mask is None or mask[1] is None:
            return ops.cast(ops.softmax(scores), self.compute_dtype)
        step_mask = mask[1][:, None]
        scores = ops.softmax(ops.where(step_mask, scores, -1e9))
        weights = ops.where(step_mask, scores, ops.zeros_like(scores))
        return ops.cast(weights, self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        batch, length, glimpses = inputs_shape[0]
        return batch, glimpses, length
