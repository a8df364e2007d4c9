"""Tucker fusion."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class MUTAN(keras.layers.Layer):
    """A bilinear map in Tucker form with a core of low rank (MUTAN).

        h_i = tanh(W_i x_i + b_i)
        y   = sum_r (M_1r h_1) * ... * (M_nr h_n)

    with r from 1 to `rank`. The paper's last factor, from y to the answers,
    is the layer that follows.

    Args:
        dim: int. Size of the fused vector.
        hidden: int. Size of the projected inputs h_i.
        rank: int. Number of terms.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and excluded from the products; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Ben-younes et al., 2017](https://arxiv.org/abs/1705.06676)
    """

    def __init__(self, dim=128, hidden=128, rank=5, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.hidden = hidden
        self.rank = rank

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        self.squash, self.factors = [], []
        for i, shape in enumerate(inputs_shape):
            squash = dense(self, shape, self.hidden, f"squash_{i}", "tanh")
            wide = (None, self.hidden), self.rank * self.dim
            self.squash.append(squash)
            self.factors.append(
                dense(self, *wide, f"factor_{i}", use_bias=False)
            )

    def call(self, inputs, presence=None):
        factors = [
            part(squash(x))
            for squash, part, x in zip(
                self.squash,
                self.factors,
                modalities.mask_absent(inputs, presence),
            )
        ]
        terms = modalities.product(factors, presence)
        return ops.sum(ops.reshape(terms, (-1, self.rank, self.dim)), axis=1)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {"dim": self.dim, "hidden": self.hidden, "rank": self.rank}
        return {**super().get_config(), **config}
