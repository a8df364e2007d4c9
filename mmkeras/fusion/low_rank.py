"""Low-rank tensor fusion."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities


@keras.saving.register_keras_serializable(package="mmkeras")
class LowRank(keras.layers.Layer):
    """A dense layer on the outer product of inputs, its weights of low rank.

        y = b + sum_r w_r (U_1r [x_1; 1]) * ... * (U_nr [x_n; 1])

    with `*` by element and r from 1 to `rank`. The outer product, which
    `Tensor` computes, is never formed. Computed in float32.

    Args:
        dim: int. Size of the fused vector.
        rank: int. Number of terms.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and counts as zeros, so that only the 1 of its factor
            remains; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Liu et al., 2018](https://arxiv.org/abs/1806.00064)
    """

    def __init__(self, dim=128, rank=4, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.rank = rank

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        self.factors = [
            self.add_weight(
                shape=(shape[-1] + 1, self.rank * self.dim),
                initializer="glorot_normal",
                name=f"factor_{i}",
            )
            for i, shape in enumerate(inputs_shape)
        ]
        self.weight = self.add_weight(
            shape=(self.rank,), initializer="ones", name="weight"
        )
        self.bias = self.add_weight(
            shape=(self.dim,), initializer="zeros", name="bias"
        )

    def call(self, inputs, presence=None):
        product = 1.0
        for x, factor in zip(
            modalities.mask_absent(inputs, presence), self.factors
        ):
            x = ops.cast(x, "float32")
            x = ops.pad(x, [[0, 0], [0, 1]], constant_values=1.0)
            product = product * ops.matmul(x, ops.cast(factor, "float32"))
        terms = ops.reshape(product, (-1, self.rank, self.dim))
        weight = ops.cast(self.weight, "float32")[:, None]
        y = ops.sum(terms * weight, axis=1)
        y = y + ops.cast(self.bias, "float32")
        return ops.cast(y, self.compute_dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        return {**super().get_config(), "dim": self.dim, "rank": self.rank}
