"""Selects rows of a batch, with their mask."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class TakeRows(keras.layers.Layer):
    """Selects rows of a batch by their index, with their mask.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of a tensor of shape `(batch, ...)`, and of integers of
            shape `(n,)`.
        mask: List of two; the first, of shape `(batch, length)` or `None`, is
            the mask of the tensor.

    Returns:
        Tensor of shape `(n, ...)`, with the mask of its rows.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        x, index = inputs
        return ops.take(x, index, axis=0)

    def compute_mask(self, inputs, mask=None):
        if mask is None or mask[0] is None:
            return None
        return ops.take(mask[0], inputs[1], axis=0)

    def compute_output_shape(self, input_shape):
        shape, index = input_shape
        return *index, *shape[1:]
