"""The Conformer block."""

import keras
from keras import ops

from mmkeras import arguments


@keras.saving.register_keras_serializable(package="mmkeras")
class ConformerBlock(keras.layers.Layer):
    """A Conformer block: attention between two halves of a feed-forward.

        x = x + 1/2 FFN(x)
        x = x + attention(norm(x))
        x = x + convolution(x)
        x = norm(x + 1/2 FFN(x))

    The convolution is a pointwise one with a gate (GLU), a depthwise one over
    `kernel_size` steps, a norm, SiLU and a pointwise one. Padded steps are 0
    where it sees them, so examples do not depend on padding.

    Departure from the paper: a layer norm instead of a batch norm, and
    absolute positions, which the block does not add.

    Args:
        dim: int. Size of the steps.
        heads: int. Attention heads; divides `dim`.
        kernel_size: int. Steps that the depthwise convolution sees, odd.
        expansion: int. Size of the feed-forward layers as a multiple of
            `dim`.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, steps, dim)`.
        mask: Booleans of shape `(batch, steps)`, `False` for padding.
        training: bool.

    Returns:
        Tensor of the same shape, with the same mask.

    Raises:
        ValueError: If `heads` does not divide `dim`, or `kernel_size` is
            even.

    Reference:
        [Gulati et al., 2020](https://arxiv.org/abs/2005.08100)
    """

    def __init__(
        self, dim, heads=4, kernel_size=15, expansion=4, dropout=0.1, **kwargs
    ):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        if kernel_size % 2 == 0:
            raise ValueError(
                "`kernel_size` must be odd, to have a middle. Received: "
                f"kernel_size={kernel_size}"
            )
        self.dim = dim
        self.heads = heads
        self.kernel_size = kernel_size
        self.expansion = expansion
        self.dropout = dropout
        self.supports_masking = True
        options = {"dtype": self.dtype_policy}
        layers = keras.layers
        self.attention = layers.MultiHeadAttention(
            heads, dim // heads, dropout=dropout, name="attention", **options
        )
        self.gated = layers.Dense(2 * dim, name="gated", **options)
        self.pointwise = layers.Dense(dim, name="pointwise", **options)
        self.feed_forward = [
            [
                layers.Dense(
                    expansion * dim, "silu", name=f"in_{i}", **options
                ),
                layers.Dense(dim, name=f"out_{i}", **options),
            ]
            for i in range(2)
        ]
        names = ("norm_0", "norm_attention", "norm_convolution")
        names += ("norm_depthwise", "norm_1", "norm")
        self.norms = {
            name: layers.LayerNormalization(name=name, **options)
            for name in names
        }
        self.drop = layers.Dropout(dropout, name="dropout", **options)

    def build(self, input_shape):
        batch, steps, dim = input_shape
        if dim != self.dim:
            raise ValueError(
                f"Expected steps of size dim={self.dim}. Received: "
                f"input_shape={tuple(input_shape)}"
            )
        self.attention.build(input_shape, input_shape)
        self.gated.build(input_shape)
        self.pointwise.build(input_shape)
        self.depthwise = self.add_weight(
            (self.kernel_size, dim), "glorot_uniform", name="depthwise"
        )
        for first, last in self.feed_forward:
            first.build(input_shape)
            last.build((batch, steps, self.expansion * dim))
        for norm in self.norms.values():
            norm.build(input_shape)

    def call(self, inputs, mask=None, training=None):
        x = inputs + 0.5 * self._feed_forward(0, inputs, training)
        x = x + self._attend(x, mask, training)
        x = x + self._convolve(x, mask, training)
        x = x + 0.5 * self._feed_forward(1, x, training)
        return self.norms["norm"](x)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "dim": self.dim,
            "heads": self.heads,
            "kernel_size": self.kernel_size,
            "expansion": self.expansion,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}

    def _feed_forward(self, number, x, training):
        first, last = self.feed_forward[number]
        x = first(self.norms[f"norm_{number}"](x))
        x = last(self.drop(x, training=training))
        return self.drop(x, training=training)

    def _attend(self, x, mask, training):
        x = self.norms["norm_attention"](x)
        visible = None if mask is None else mask[:, None, :]
        x = self.attention(x, x, attention_mask=visible, training=training)
        return self.drop(x, training=training)

    def _convolve(self, x, mask, training):
        x = self.gated(self.norms["norm_convolution"](x))
        values, gates = ops.split(x, 2, axis=-1)
        x = values * ops.sigmoid(gates)
        if mask is not None:
            x = x * ops.cast(mask[..., None], x.dtype)
        x = ops.silu(self.norms["norm_depthwise"](self._depthwise(x)))
        return self.drop(self.pointwise(x), training=training)

    def _depthwise(self, x):
        """A sum of shifted steps: on a CPU four times as fast as Keras."""
        half, steps = self.kernel_size // 2, ops.shape(x)[1]
        kernel = ops.cast(self.depthwise, x.dtype)
        x = ops.pad(x, [(0, 0), (half, half), (0, 0)])
        return sum(
            x[:, i : i + steps] * kernel[i] for i in range(self.kernel_size)
        )
