"""The multimodal adaptation gate."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class MAG(keras.layers.Layer):
    """Shifts the first input, the words, by the other inputs (MAG).

    For the words h and another input x_i:

        g_i = relu(W_i [h; x_i] + b_i)
        d   = sum_i g_i * (U_i x_i) + c
        a   = min(|h| / |d| * beta, 1)
        y   = layer norm(h + a d)

    Args:
        beta: float. Maximum length of the shift, as a fraction of the words'
            length.
        dropout: float in [0, 1). Of the result.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and does not shift; absent words are zeros and are not
            shifted. `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim_1)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Rahman et al., 2020](https://arxiv.org/abs/1908.05787)
    """

    def __init__(self, beta=1.0, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.beta = beta
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.norm = keras.layers.LayerNormalization(
            dtype=self.dtype_policy, name="norm"
        )

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        (_, size), *others = inputs_shape
        self.gates, self.values = [], []
        for i, (_, dim) in enumerate(others, 1):
            gate = (None, size + dim), size, f"gate_{i}", "relu"
            value = (None, dim), size, f"value_{i}", None, False
            self.gates.append(dense(self, *gate))
            self.values.append(dense(self, *value))
        self.shift = self.add_weight(
            shape=(size,), initializer="zeros", name="shift"
        )
        self.norm.build((None, size))

    def call(self, inputs, presence=None, training=None):
        h, *others = modalities.mask_absent(inputs, presence)
        shifts = [
            gate(ops.concatenate([h, x], axis=-1)) * value(x)
            for gate, value, x in zip(self.gates, self.values, others)
        ]
        if presence is not None:
            shifts = modalities.mask_absent(shifts, presence[:, 1:])
        d = ops.cast(sum(shifts), "float32") + ops.cast(self.shift, "float32")
        words = ops.cast(h, "float32")
        longest = self.beta * _length(words) / _length(d)
        y = words + ops.minimum(longest, 1.0) * d
        y = self.norm(ops.cast(y, self.compute_dtype))
        return self.drop(y, training=training)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]

    def get_config(self):
        config = {"beta": self.beta, "dropout": self.dropout}
        return {**super().get_config(), **config}


def _length(x):
    square = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return ops.sqrt(ops.maximum(square, 1e-12))
