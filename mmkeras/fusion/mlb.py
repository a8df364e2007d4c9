"""Multimodal low-rank bilinear pooling."""

import keras

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class MLB(keras.layers.Layer):
    """Multiplies squashed projections of the inputs, then projects (MLB).

        y = P (tanh(U_1 x_1 + b_1) * ... * tanh(U_n x_n + b_n)) + b

    Args:
        dim: int. Size of the projections and of the fused vector.
        dropout: float in [0, 1). Of the inputs.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and excluded from the product; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Kim et al., 2017](https://arxiv.org/abs/1610.04325)
    """

    def __init__(self, dim=128, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        self.factors = [
            dense(self, shape, self.dim, f"factor_{i}", "tanh")
            for i, shape in enumerate(inputs_shape)
        ]
        self.out = dense(self, (None, self.dim), self.dim, "out")

    def call(self, inputs, presence=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        inputs = [self.drop(x, training=training) for x in inputs]
        factors = [part(x) for part, x in zip(self.factors, inputs)]
        return self.out(modalities.product(factors, presence))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {"dim": self.dim, "dropout": self.dropout}
        return {**super().get_config(), **config}
