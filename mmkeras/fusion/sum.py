"""The sum."""

import keras

from mmkeras.fusion import inputs as modalities


@keras.saving.register_keras_serializable(package="mmkeras")
class Sum(keras.layers.Layer):
    """Adds tensors.

        y = x_1 + ... + x_n

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors of one shape, batch first.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and counts as zeros; `None` if all are present.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If there is only one input, or the shapes differ.
    """

    def build(self, inputs_shape):
        modalities.check_alike(self, inputs_shape)

    def call(self, inputs, presence=None):
        return sum(modalities.mask_absent(inputs, presence))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]
