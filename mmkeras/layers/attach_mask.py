"""Attaches a mask to a sequence that has none."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class AttachMask(keras.layers.Layer):
    """Attaches a mask to the steps of a sequence.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of a tensor of shape `(batch, length, dim)`, and one of
            shape `(batch, length)` that is 0 (or `False`) for padding.

    Returns:
        The first tensor, with a mask for the following layers.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return ops.copy(inputs[0])  # The same tensor would share its mask.

    def compute_mask(self, inputs, mask=None):
        return ops.cast(inputs[1], "bool")

    def compute_output_shape(self, input_shape):
        return input_shape[0]
