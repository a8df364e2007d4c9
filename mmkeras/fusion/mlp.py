"""A stack of dense layers on the concatenated features."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class MLP(keras.layers.Layer):
    """Concatenates vectors and applies a stack of dense layers.

        h_0 = [x_1; ...; x_n]
        h_k = relu(W_k h_(k-1) + b_k)
        y   = h_depth

    Args:
        dim: int. Size of every layer of the stack.
        depth: int. Number of layers.
        dropout: float in [0, 1). After every layer.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and counts as zeros; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Ngiam et al., 2011](https://icml.cc/2011/papers/399_icmlpaper.pdf)
    """

    def __init__(self, dim=128, depth=2, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.depth = depth
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        size = sum(shape[-1] for shape in inputs_shape)
        self.stack = []
        for i in range(self.depth):
            part = dense(self, (None, size), self.dim, f"layer_{i}", "relu")
            self.stack.append(part)
            size = self.dim

    def call(self, inputs, presence=None, training=None):
        x = ops.concatenate(modalities.mask_absent(inputs, presence), axis=-1)
        for part in self.stack:
            x = self.drop(part(x), training=training)
        return x

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "depth": self.depth,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}
