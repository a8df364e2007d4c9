"""Zeros in the place of padding."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class MaskSteps(keras.layers.Layer):
    """Replaces padded steps by zeros, and ends the mask.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, length, dim)`.
        mask: Boolean tensor of shape `(batch, length)`, or `None` if there
            is no padding.

    Returns:
        Tensor of the same shape.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return inputs
        return ops.where(mask[..., None], inputs, ops.zeros_like(inputs))

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return input_shape
