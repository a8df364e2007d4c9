"""Multimodal factorized high-order pooling."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense
from mmkeras.fusion.power import power_normalized


@keras.saving.register_keras_serializable(package="mmkeras")
class MFH(keras.layers.Layer):
    """A cascade of factorized bilinear poolings (MFH).

        e_1 = dropout((U_11 x_1 + b_11) * ... * (U_1n x_n + b_1n))
        e_k = e_(k-1) * dropout((U_k1 x_1 + b_k1) * ... * (U_kn x_n + b_kn))
        z_k = signed root of the sums of `factor` elements of e_k, of length 1
        y   = [z_1; ...; z_order]

    With order 1 it is `MFB`.

    Args:
        dim: int. Size of each order's vector.
        factor: int. Elements summed into one.
        order: int. Blocks in the cascade.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and excluded from the products; `None` if all are present.

    Returns:
        Tensor of shape `(batch, order * dim)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Yu et al., 2018](https://arxiv.org/abs/1708.03619)
    """

    def __init__(self, dim=128, factor=5, order=2, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.factor = factor
        self.order = order
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, dtype="float32")

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        size = self.dim * self.factor
        self.blocks = [
            [
                dense(self, shape, size, f"factor_{k}_{i}")
                for i, shape in enumerate(inputs_shape)
            ]
            for k in range(self.order)
        ]

    def call(self, inputs, presence=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        expanded, orders = 1.0, []
        for block in self.blocks:
            factors = [
                ops.cast(part(x), "float32") for part, x in zip(block, inputs)
            ]
            product = modalities.product(factors, presence)
            expanded = expanded * self.drop(product, training=training)
            groups = ops.reshape(expanded, (-1, self.dim, self.factor))
            orders.append(power_normalized(ops.sum(groups, axis=-1)))
        y = ops.concatenate(orders, axis=-1)
        return ops.cast(y, self.compute_dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.order * self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "factor": self.factor,
            "order": self.order,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}
