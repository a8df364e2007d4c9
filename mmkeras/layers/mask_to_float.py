"""The mask of a sequence as floats."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class MaskToFloat(keras.layers.Layer):
    """Returns 1 for each step and 0 for padding.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, length, dim)`.
        mask: Boolean tensor of shape `(batch, length)`, or `None` if there
            is no padding.

    Returns:
        Tensor of shape `(batch, length, 1)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        ones = ops.ones_like(inputs[..., :1])
        if mask is None:
            return ones
        return ops.where(ops.expand_dims(mask, -1), ones, ops.zeros_like(ones))

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, shape):
        return *shape[:-1], 1
