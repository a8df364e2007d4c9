"""Feature-wise linear modulation."""

import keras

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class FiLM(keras.layers.Layer):
    """Scales and shifts the features of the first input by the others.

        gamma_i, beta_i = W_i x_i + b_i                 i = 2, ..., n
        y = (1 + sum_i gamma_i) * x_1 + sum_i beta_i

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and changes nothing; an absent first input is zeros.
            `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim_1)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Perez et al., 2018](https://arxiv.org/abs/1709.07871)
    """

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        (_, size), *others = inputs_shape
        self.films = [
            dense(self, shape, 2 * size, f"film_{i}")
            for i, shape in enumerate(others, 1)
        ]

    def call(self, inputs, presence=None):
        x, *others = modalities.mask_absent(inputs, presence)
        changes = [film(z) for film, z in zip(self.films, others)]
        if presence is not None:
            changes = modalities.mask_absent(changes, presence[:, 1:])
        change = sum(changes)
        size = x.shape[-1]
        return (1 + change[:, :size]) * x + change[:, size:]

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]
