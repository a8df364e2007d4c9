"""The elementwise maximum."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities


@keras.saving.register_keras_serializable(package="mmkeras")
class Max(keras.layers.Layer):
    """Takes the elementwise maximum.

        y = max(x_1, ..., x_n)

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and excluded; `None` if all are present.

    Returns:
        Tensor of the same shape; zeros where all inputs are absent.

    Raises:
        ValueError: If there is only one input, or the shapes differ.
    """

    def build(self, inputs_shape):
        modalities.check_alike(self, inputs_shape)

    def call(self, inputs, presence=None):
        if presence is None:
            return ops.max(ops.stack(inputs, axis=1), axis=1)
        inputs = modalities.mask_absent(inputs, presence, fill=-1e4)
        largest = ops.max(ops.stack(inputs, axis=1), axis=1)
        is_any = ops.any(presence, axis=1)
        return modalities.where(is_any, largest, ops.zeros_like(largest))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]
