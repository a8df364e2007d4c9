"""Multimodal factorized bilinear pooling."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense
from mmkeras.fusion.power import power_normalized


@keras.saving.register_keras_serializable(package="mmkeras")
class MFB(keras.layers.Layer):
    """Multiplies wide projections of the inputs and sums within groups (MFB).

        e   = dropout((U_1 x_1 + b_1) * ... * (U_n x_n + b_n))
        z_i = the sum of the i-th `factor` elements of e
        y   = sign(z) sqrt(|z|), scaled to length 1

    Args:
        dim: int. Size of the fused vector; the projections are `factor` times
            as wide.
        factor: int. Elements summed into one.
        dropout: float in [0, 1).
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
        [Yu et al., 2017](https://arxiv.org/abs/1708.01471)
    """

    def __init__(self, dim=128, factor=5, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.factor = factor
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, dtype="float32", name="drop")

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        self.factors = [
            dense(self, shape, self.dim * self.factor, f"factor_{i}")
            for i, shape in enumerate(inputs_shape)
        ]

    def call(self, inputs, presence=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        factors = [
            ops.cast(part(x), "float32")
            for part, x in zip(self.factors, inputs)
        ]
        expanded = modalities.product(factors, presence)
        expanded = self.drop(expanded, training=training)
        groups = ops.reshape(expanded, (-1, self.dim, self.factor))
        y = power_normalized(ops.sum(groups, axis=-1))
        return ops.cast(y, self.compute_dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "factor": self.factor,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}
