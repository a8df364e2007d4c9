"""The elementwise maximum."""

import keras
from keras import ops

from mmkeras.fusion import inputs as given


@keras.saving.register_keras_serializable(package="mmkeras")
class Max(keras.layers.Layer):
    """Takes the largest of each element.

        y = max(x_1, ..., x_n)

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and is left out; `None` if all are there.

    Returns:
        Tensor of the same shape; zeros where nothing is there.

    Raises:
        ValueError: If there is but one input, or the shapes differ.
    """

    def build(self, inputs_shape):
        given.check_alike(self, inputs_shape)

    def call(self, inputs, presence=None):
        if presence is None:
            return ops.max(ops.stack(inputs, axis=1), axis=1)
        inputs = given.mask_absent(inputs, presence, fill=-1e4)
        largest = ops.max(ops.stack(inputs, axis=1), axis=1)
        something = ops.any(presence, axis=1)
        return given.where(something, largest, ops.zeros_like(largest))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]
