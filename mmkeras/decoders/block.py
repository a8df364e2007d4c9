"""The block of Transformer decoders."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import layers

_MASKED = -1e9  # Score of what is not attended to.


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
            List of the keys, shape `(batch, heads, dim / heads, regions)`, and
            the values, `(batch, heads, regions, dim / heads)`.
        """
        attention = self.cross_attention
        keys = attention.key_dense(memory)
        values = attention.value_dense(memory)
        return [
            ops.transpose(keys, (0, 2, 3, 1)),
            ops.transpose(values, (0, 2, 1, 3)),
        ]

    def empty_history(self, batch, length):
        """Makes room for the keys and values of a sentence.

        Args:
            batch: int or scalar tensor. Number of examples.
            length: int. Number of positions.

        Returns:
            List of the keys and the values, zeros of shape
            `(batch, heads, 1, length, dim / heads)`: one hypothesis each.
        """
        shape = (batch, self.heads, 1, length, self.dim // self.heads)
        return [ops.zeros(shape, self.compute_dtype) for _ in range(2)]

    def step(self, x, memory, history, index, visible, memory_mask=None):
        """Processes one position of all hypotheses of the examples.

        Args:
            x: Tensor of shape `(batch * hypotheses, 1, dim)`.
            memory: Output of `remember`.
            history: Keys and values of earlier positions, as of
                `empty_history`, of all hypotheses.
            index: int tensor, the position.
            visible: Booleans of shape `(batch, 1, hypotheses, hypotheses *
                length)`: whose positions each hypothesis consists of, this
                one included.
            memory_mask: As of the call.

        Returns:
            Tensor of the shape of `x`, and the new history.
        """
        y, history = self._attend_past(
            self.norms[0](x), history, index, visible
        )
        x = x + y
        x = x + self._attend_memory(self.norms[1](x), memory, memory_mask)
        return x + self._feed(x), history

    def get_config(self):
        return {
            **super().get_config(),
            "dim": self.dim,
            "heads": self.heads,
            "dropout": self.dropout,
            "feed_dim": self.feed_dim,
            "epsilon": self.epsilon,
        }

    def _attend_past(self, x, history, index, visible):
        attention, shape = self.self_attention, ops.shape(history[0])
        updates = attention.key_dense(x), attention.value_dense(x)
        history = [
            ops.slice_update(
                whole,
                [0, 0, 0, index, 0],
                ops.expand_dims(self._by_head(update, shape[0]), 3),
            )
            for whole, update in zip(history, updates)
        ]
        flat = (shape[0], shape[1], shape[2] * shape[3], shape[4])
        keys, values = (ops.reshape(whole, flat) for whole in history)
        query = self._by_head(attention.query_dense(x), shape[0])
        scores = ops.matmul(query, ops.swapaxes(keys, 2, 3))
        return self._output(attention, scores, values, visible), history

    def _attend_memory(self, x, memory, mask):
        attention, (keys, values) = self.cross_attention, memory
        query = self._by_head(attention.query_dense(x), ops.shape(keys)[0])
        if mask is not None:
            mask = mask[:, None, None]
        scores = ops.matmul(query, keys)
        return self._output(attention, scores, values, mask)

    def _output(self, attention, scores, values, mask):
        """Attends to values with scores of shape `(batch, heads, n, m)`."""
        scores = ops.cast(scores, "float32") * (self.dim // self.heads) ** -0.5
        if mask is not None:
            scores = ops.where(mask, scores, _MASKED)
        weights = ops.cast(ops.softmax(scores, axis=-1), values.dtype)
        y = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        y = ops.reshape(y, (-1, 1, self.heads, self.dim // self.heads))
        return attention.output_dense(y)

    def _by_head(self, x, batch):
        """Turns `(batch * n, 1, heads, d)` into `(batch, heads, n, d)`."""
        x = ops.reshape(x, (batch, -1, *x.shape[2:]))
        return ops.transpose(x, (0, 2, 1, 3))

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
