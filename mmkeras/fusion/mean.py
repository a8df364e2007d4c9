"""The mean."""

import keras

from mmkeras.fusion import inputs as modalities


@keras.saving.register_keras_serializable(package="mmkeras")
class Mean(keras.layers.Layer):
    """Averages tensors.

        y = (x_1 + ... + x_n) / n

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
        return modalities.mean(inputs, presence)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]
