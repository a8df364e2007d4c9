"""Concatenation of vectors."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities


@keras.saving.register_keras_serializable(package="mmkeras")
class Concat(keras.layers.Layer):
    """Concatenates vectors.

        y = [x_1; ...; x_n]

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and counts as zeros; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim_1 + ... + dim_n)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.
    """

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)

    def call(self, inputs, presence=None):
        return ops.concatenate(
            modalities.mask_absent(inputs, presence), axis=-1
        )

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], sum(shape[-1] for shape in inputs_shape)
