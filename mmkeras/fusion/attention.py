"""Attention blocks of the fusions of sequences."""

import keras
from keras import ops

from mmkeras import layers
from mmkeras.fusion.dense import dense


class Block(keras.layers.Layer):
    """A Transformer block: attention, then a feed-forward layer.

        q = norm(x);  m = norm(memory)
        x = x + attention(q, m, m);  x = x + feed(norm'(x))

    with feed(h) = V gelu(W h + w) + v. Where all memory steps are masked,
    attention adds nothing.

    Args:
        dim: int. Size of a step.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1). Of the attention's and the feed-forward
            layer's output.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        x: Tensor of shape `(batch, length, dim)`.
        memory: Tensor of shape `(batch, steps, dim)`; `None` for `x`.
        step_mask: Boolean tensor of shape `(batch, steps)`, true for the
            steps of the memory to attend to.

    Returns:
        Tensor of the shape of `x`.
    """

    def __init__(self, dim, heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        policy = {"dtype": self.dtype_policy}
        self.attention = keras.layers.MultiHeadAttention(
            heads, dim // heads, name="attention", **policy
        )
        self.norms = [
            keras.layers.LayerNormalization(name=f"norm_{part}", **policy)
            for part in ("attention", "feed")
        ]
        self.drop = keras.layers.Dropout(dropout, name="dropout", **policy)
        self.dim = dim

    def build(self, shape):
        self.attention.build(shape, shape, shape)
        layers.flatten_projections(self.attention)
        for norm in self.norms:
            norm.build(shape)
        wide = (*shape[:-1], 4 * self.dim)
        self.feed = [
            dense(self, shape, 4 * self.dim, "feed_in", "gelu"),
            dense(self, wide, self.dim, "feed_out"),
        ]

    def call(self, x, memory=None, step_mask=None, training=None):
        query = self.norms[0](x)
        memory = query if memory is None else self.norms[0](memory)
        mask = None if step_mask is None else step_mask[:, None, :]
        y = self.attention(
            query, memory, memory, attention_mask=mask, training=training
        )
        if step_mask is not None:  # A softmax over nothing is not 0.
            is_valid = ops.any(step_mask, axis=1)[:, None, None]
            y = ops.where(is_valid, y, ops.zeros_like(y))
        x = x + self.drop(y, training=training)
        y = self.feed[1](self.feed[0](self.norms[1](x)))
        return x + self.drop(y, training=training)


def blocks(layer, depth, name, dim=None):
    """Builds blocks with the `heads`, `dropout` and precision of a layer.

    Args:
        layer: The layer that contains them.
        depth: int. Number of blocks.
        name: str. Prefix of their names.
        dim: int. Size of a step; the layer's `dim` by default.

    Returns:
        List of built `Block`s.
    """
    dim = dim or layer.dim
    stack = []
    for i in range(depth):
        block = Block(
            dim,
            layer.heads,
            layer.dropout,
            dtype=layer.dtype_policy,
            name=f"{name}_{i}",
        )
        block.build((None, None, dim))
        stack.append(block)
    return stack


def norm(layer, dim, name):
    """Builds a layer normalisation with the precision of a layer."""
    part = keras.layers.LayerNormalization(dtype=layer.dtype_policy, name=name)
    part.build((None, None, dim))
    return part


def sine_positions(layer):
    """Builds the sinusoidal position encoding of KerasHub.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """
    import keras_hub  # Late: it takes half a second.

    encoding = keras_hub.layers.SinePositionEncoding(
        dtype=layer.dtype_policy, name="positions"
    )
    encoding.supports_masking = True  # Else Keras warns that it drops masks.
    return encoding


def tile_batch(weight, x):
    """Repeats a weight of shape `(steps, dim)` for each example of `x`."""
    size = ops.shape(x)[0]
    return ops.tile(ops.cast(weight, x.dtype)[None], (size, 1, 1))
