"""The block of Transformer decoders."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import layers


@keras.saving.register_keras_serializable(package="mmkeras")
class TransformerBlock(keras.layers.Layer):
    """Self-attention, attention to a memory, and a feed-forward layer.

    Args:
        dim: int. Size of the block, of its inputs and its outputs.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1). Dropped from every sublayer's output.
        feed_dim: int. Size of the feed-forward layer; by default `4 * dim`.
        epsilon: float. Added to the variance in layer normalisation.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of `x`, shape `(batch, length, dim)`, and `memory`, shape
            `(batch, regions, dim)`.
        memory_mask: Booleans of shape `(batch, regions)`: which regions there
            are; all by default.

    Returns:
        Tensor of the shape of `x`, and the weights of the attention to the
        memory, `(batch, length, regions)`, the mean over heads.
    """

    def __init__(
        self,
        dim,
        heads,
        dropout=0.0,
        feed_dim=None,
        epsilon=1e-3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        self.dim = dim
        self.heads = heads
        self.dropout = dropout
        self.feed_dim = feed_dim or 4 * dim
        self.epsilon = epsilon
        policy = {"dtype": self.dtype_policy}
        self.drop = keras.layers.Dropout(dropout, name="dropout", **policy)
        self.norms = [
            keras.layers.LayerNormalization(
                epsilon=epsilon, name=f"norm_{name}", **policy
            )
            for name in ("self", "cross", "feed")
        ]
        self.self_attention = self._attention("self_attention")
        self.cross_attention = self._attention("cross_attention")
        self.feed = [
            keras.layers.Dense(self.feed_dim, "gelu", name="feed_in", **policy),
            keras.layers.Dense(dim, name="feed_out", **policy),
        ]

    def build(self, input_shape):
        x, memory = input_shape
        for norm in self.norms:
            norm.build(x)
        self.self_attention.build(x, x)
        self.cross_attention.build(x, memory)
        layers.flatten_projections(self.self_attention)
        layers.flatten_projections(self.cross_attention)
        self.feed[0].build(x)
        self.feed[1].build((*x[:-1], self.feed_dim))

    def call(self, inputs, memory_mask=None, training=None):
        x, memory = inputs
        positions = ops.arange(ops.shape(x)[1])
        mask = positions[None, :, None] >= positions[None, None, :]
        y = self.norms[0](x)
        y = self.self_attention(y, y, attention_mask=mask, training=training)
        x = x + self.drop(y, training=training)
        y, weights = self.cross_attention(
            self.norms[1](x),
            memory,
            attention_mask=_for_queries(memory_mask),
            return_attention_scores=True,
            training=training,
        )
        x = x + self.drop(y, training=training)
        y = self._feed(x)
        return x + self.drop(y, training=training), ops.mean(weights, axis=1)

    def remember(self, memory):
        """Projects a memory to keys and values, once for all steps.

        Args:
            memory: Tensor of shape `(batch, regions, dim)`.

        Returns:
            Tensor of shape `(batch, 2, regions, heads, dim / heads)`.
        """
        size, regions = ops.shape(memory)[:2]
        shape = (size, 2, regions, self.heads, self.dim // self.heads)
        _, cache = self.cross_attention(
            memory[:, :1],
            memory,
            cache=ops.zeros(shape, self.compute_dtype),
            cache_update_index=0,
            training=False,
        )
        return cache

    def step(self, x, memory, cache, index, memory_mask=None):
        """Processes one position.

        Args:
            x: Tensor of shape `(batch, 1, dim)`.
            memory: Output of `remember`.
            cache: Keys and values of earlier positions, shape
                `(batch, 2, length, heads, dim / heads)`.
            index: int tensor, the position.
            memory_mask: As of the call.

        Returns:
            Tensor of the shape of `x`, and the new cache.
        """
        mask = (ops.arange(cache.shape[2]) <= index)[None, None]
        y = self.norms[0](x)
        y, cache = self.self_attention(
            y,
            y,
            attention_mask=mask,
            cache=cache,
            cache_update_index=index,
            training=False,
        )
        x = x + y
        y = self.norms[1](x)
        y, _ = self.cross_attention(
            y,
            y,
            attention_mask=_for_queries(memory_mask),
            cache=memory,
            training=False,
        )
        x = x + y
        return x + self._feed(x), cache

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "heads": self.heads,
            "dropout": self.dropout,
            "feed_dim": self.feed_dim,
            "epsilon": self.epsilon,
        }

    def _feed(self, x):
        return self.feed[1](self.feed[0](self.norms[2](x)))

    def _attention(self, name):
        import keras_hub  # Late: it takes half a second.

        return keras_hub.layers.CachedMultiHeadAttention(
            self.heads,
            self.dim // self.heads,
            dropout=self.dropout,
            dtype=self.dtype_policy,
            name=name,
        )


def _for_queries(mask):
    """A mask of regions, the same for every query; or `None`."""
    return None if mask is None else mask[:, None]
