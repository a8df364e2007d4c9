"""A Transformer decoder with a cache of keys and values."""

import keras
from keras import ops

from mmkeras.decoders import hypotheses
from mmkeras.decoders.block import TransformerBlock
from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import region_mask
from mmkeras.decoders.shapes import tokens_and_context


@keras.saving.register_keras_serializable(package="mmkeras")
class TransformerDecoder(keras.layers.Layer):
    """A stack of pre-norm Transformer decoder blocks.

        x = E w + P;  x += SelfAttention(LN x)
        x += CrossAttention(LN x, context);  x += W_2 gelu(W_1 LN x)
        logits = W_o LN(x) + b_o

    With `tied`, `W_o` is `E`, and `x = sqrt(dim) (E w + P)` at first.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words and blocks.
        depth: int. Number of blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1). Dropped from the context, the words and the
            output of every sublayer in training.
        length: int. Longest sequence of tokens.
        feed_dim: int. Size of the feed-forward layers; by default `4 * dim`.
        tied: bool. Whether the output layer has the vectors of the words.
        mask_zero: bool. Whether regions of the context that are all zero are
            padding, to which nothing attends. Each example needs a region.
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
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762); tied vectors:
        [Press and Wolf, 2017](https://arxiv.org/abs/1608.05859)
    """

    def __init__(
        self,
        vocabulary_size,
        dim=512,
        depth=2,
        heads=8,
        dropout=0.3,
        length=64,
        feed_dim=None,
        tied=False,
        mask_zero=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.depth = depth
        self.heads = heads
        self.dropout = dropout
        self.length = length
        self.feed_dim = feed_dim or 4 * dim
        self.tied = tied
        self.mask_zero = mask_zero
        policy = {"dtype": self.dtype_policy}
        self.drop = keras.layers.Dropout(dropout, name="dropout", **policy)
        self.regions = keras.layers.Dense(dim, name="regions", **policy)
        self.regions_norm = keras.layers.LayerNormalization(
            name="regions_norm", **policy
        )
        self.words = self._embedding(vocabulary_size, "words")
        self.position_embedding = self._embedding(length, "position_embedding")
        self.blocks = [
            TransformerBlock(
                dim, heads, dropout, feed_dim, name=f"block_{i}", **policy
            )
            for i in range(depth)
        ]
        self.norm = keras.layers.LayerNormalization(name="norm", **policy)
        self.logits = None
        if not tied:
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
        if self.logits is not None:
            self.logits.build(inside)

    def call(self, inputs, training=None, positions=None):
        x, _ = self._run(inputs, training)
        return self._output(at(x, positions))

    def attention(self, inputs):
        """Returns the attention over regions before each word.

        Args:
            inputs: See the call arguments.

        Returns:
            Weights that sum to 1 over the regions, the mean over the last
            block's heads, of shape `(batch, length, regions)`.
        """
        return self._run(inputs, training=False)[1]

    def start(self, context, length=None):
        """Returns the state before the first word; see `RecurrentDecoder`."""
        memory = self.regions_norm(self.regions(context))
        size, length = ops.shape(memory)[0], length or self.length
        static = {"memory": [block.remember(memory) for block in self.blocks]}
        if self.mask_zero:
            static["mask"] = region_mask(context)
        return {
            "static": static,
            "cache": hypotheses.no_origins(size, length),
            "past": [x.empty_history(size, length) for x in self.blocks],
        }

    def step(self, token, state, index):
        """Processes one token; see `RecurrentDecoder`."""
        index = ops.convert_to_tensor(index, "int32")
        static, histories = state["static"], []
        size = ops.shape(static["memory"][0][0])[0]
        origins, visible = hypotheses.with_position(state["cache"], size, index)
        x = ops.expand_dims(self._embed(token, index), 1)
        for block, memory, history in zip(
            self.blocks, static["memory"], state["past"]
        ):
            x, history = block.step(
                x, memory, history, index, visible, static.get("mask")
            )
            histories.append(history)
        state = {"static": static, "cache": origins, "past": histories}
        return ops.squeeze(self._output(x), 1), state

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
            "feed_dim": self.feed_dim,
            "tied": self.tied,
            "mask_zero": self.mask_zero,
        }

    def _embedding(self, count, name):
        options = {"name": name, "dtype": self.dtype_policy}
        if self.tied:
            deviation = self.dim**-0.5
            options["embeddings_initializer"] = keras.initializers.RandomNormal(
                stddev=deviation
            )
        return keras.layers.Embedding(count, self.dim, **options)

    def _embed(self, tokens, indices):
        """The vectors of tokens at positions."""
        x = self.words(tokens) + self.position_embedding(indices)
        return x * self.dim**0.5 if self.tied else x

    def _output(self, x):
        x = self.norm(x)
        if self.logits is not None:
            return self.logits(x)
        vectors = ops.cast(self.words.embeddings, x.dtype)
        return ops.cast(ops.matmul(x, ops.transpose(vectors)), "float32")

    def _run(self, inputs, training):
        tokens, context = inputs
        if (tokens.shape[1] or 0) > self.length:
            raise ValueError(
                f"`TransformerDecoder` takes at most length={self.length} "
                f"tokens. Received: tokens of shape {tuple(tokens.shape)}"
            )
        memory = self.regions_norm(self.regions(context))
        memory = self.drop(memory, training=training)
        mask = region_mask(context) if self.mask_zero else None
        x = self._embed(tokens, ops.arange(ops.shape(tokens)[1]))
        x = self.drop(x, training=training)
        for block in self.blocks:
            x, weights = block([x, memory], mask, training=training)
        return x, weights
