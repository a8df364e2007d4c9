"""A Transformer decoder with a cache of keys and values."""

import keras
from keras import ops

from mmkeras.decoders.block import TransformerBlock
from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import tokens_and_context


@keras.saving.register_keras_serializable(package="mmkeras")
class TransformerDecoder(keras.layers.Layer):
    """A stack of pre-norm Transformer decoder blocks.

        x = E w + P;  x += SelfAttention(LN x)
        x += CrossAttention(LN x, context);  x += W_2 gelu(W_1 LN x)
        logits = W_o LN(x) + b_o

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words and blocks.
        depth: int. Number of blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1). Dropped from the context, the words and the
            output of every sublayer in training.
        length: int. Longest sequence of tokens.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of `tokens`, integers of shape `(batch, length)`, and
            `context`, shape `(batch, regions, context_dim)`.
        positions: Integers of shape `(n,)`: positions in the flattened
            `(batch, length)` whose next token is predicted. All by default.

    Returns:
        Logits of the next token, float32, of shape
        `(batch, length, vocabulary_size)`, or `(n, vocabulary_size)`.

    Raises:
        ValueError: If `heads` does not divide `dim`, or if a sentence is
            longer than `length`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """

    def __init__(
        self,
        vocabulary_size,
        dim=512,
        depth=2,
        heads=8,
        dropout=0.3,
        length=64,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.depth = depth
        self.heads = heads
        self.dropout = dropout
        self.length = length
        policy = {"dtype": self.dtype_policy}
        self.drop = keras.layers.Dropout(dropout, name="dropout", **policy)
        self.regions = keras.layers.Dense(dim, name="regions", **policy)
        self.regions_norm = keras.layers.LayerNormalization(
            name="regions_norm", **policy
        )
        self.words = keras.layers.Embedding(
            vocabulary_size, dim, name="words", **policy
        )
        self.position_embedding = keras.layers.Embedding(
            length, dim, name="position_embedding", **policy
        )
        self.blocks = [
            TransformerBlock(dim, heads, dropout, name=f"block_{i}", **policy)
            for i in range(depth)
        ]
        self.norm = keras.layers.LayerNormalization(name="norm", **policy)
        self.logits = keras.layers.Dense(
            vocabulary_size, dtype="float32", name="logits"
        )

    def build(self, input_shape):
        tokens, context = tokens_and_context(input_shape)
        inside = (None, None, self.dim)
        self.regions.build(context)
        self.regions_norm.build(inside)
        self.words.build(tokens)
        self.position_embedding.build(tokens)
        for block in self.blocks:
            block.build([inside, inside])
        self.norm.build(inside)
        self.logits.build(inside)

    def call(self, inputs, training=None, positions=None):
        x, _ = self._run(inputs, training)
        return self.logits(self.norm(at(x, positions)))

    def attention(self, inputs):
        """Returns the attention over regions before each word.

        Args:
            inputs: See the call arguments.

        Returns:
            Weights that sum to 1 over the regions, the mean over the last
            block's heads, of shape `(batch, length, regions)`.
        """
        return self._run(inputs, training=False)[1]

    def start(self, context):
        """Returns the state before the first word; see `RecurrentDecoder`."""
        memory = self.regions_norm(self.regions(context))
        size = ops.shape(memory)[0]
        shape = (size, 2, self.length, self.heads, self.dim // self.heads)
        return {
            "static": [block.remember(memory) for block in self.blocks],
            "cache": [ops.zeros(shape, self.compute_dtype)] * self.depth,
        }

    def step(self, token, state, index):
        """Processes one token; see `RecurrentDecoder`."""
        index = ops.convert_to_tensor(index, "int32")
        x = self.words(token) + self.position_embedding(index)
        x = ops.expand_dims(x, 1)
        caches = []
        for block, memory, cache in zip(
            self.blocks, state["static"], state["cache"]
        ):
            x, cache = block.step(x, memory, cache, index)
            caches.append(cache)
        logits = ops.squeeze(self.logits(self.norm(x)), 1)
        return logits, {"static": state["static"], "cache": caches}

    def compute_output_shape(self, input_shape):
        return (*input_shape[0], self.vocabulary_size)

    def compute_output_spec(self, inputs, training=None, positions=None):
        return logits_spec(self.vocabulary_size, inputs, positions)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "dim": self.dim,
            "depth": self.depth,
            "heads": self.heads,
            "dropout": self.dropout,
            "length": self.length,
        }

    def _run(self, inputs, training):
        tokens, context = inputs
        if (tokens.shape[1] or 0) > self.length:
            raise ValueError(
                f"`TransformerDecoder` takes at most length={self.length} "
                f"tokens. Received: tokens of shape {tuple(tokens.shape)}"
            )
        memory = self.regions_norm(self.regions(context))
        memory = self.drop(memory, training=training)
        indices = ops.arange(ops.shape(tokens)[1])
        x = self.words(tokens) + self.position_embedding(indices)
        x = self.drop(x, training=training)
        for block in self.blocks:
            x, weights = block([x, memory], training=training)
        return x, weights
