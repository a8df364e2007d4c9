"""Whisper's decoder, with a cache of keys and values."""

import keras
import numpy as np
from keras import ops

from mmkeras.decoders import hypotheses
from mmkeras.decoders.block import TransformerBlock
from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import tokens_and_context

_EPSILON = 1e-5
_SUPPRESSED = -1e9  # Logit of a suppressed token.


@keras.saving.register_keras_serializable(package="mmkeras")
class WhisperDecoder(keras.layers.Layer):
    """The decoder of Whisper, for sentences that follow a prompt.

        x = E w + P;  x += SelfAttention(LN x)
        x += CrossAttention(LN x, context);  x += W_2 gelu(W_1 LN x)
        logits = E^T LN(x)

    The sentence follows a prompt, e.g. `<|startoftranscript|><|en|>
    <|transcribe|><|notimestamps|>`, whose last token is the start of `tokens`.
    If the prompt has no language but there are `languages`, the most likely of
    them after the first token of the prompt is inserted there, for each
    example. Ids are those of Whisper's tokenizer plus 1; id 0 is padding.

    Args:
        vocabulary_size: int. Number of token ids, padding included.
        dim: int. Size of words, blocks and context.
        depth: int. Number of blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1). Dropped from the output of every sublayer in
            training.
        length: int. Longest sequence of tokens, without the prompt.
        prompt: Ids before the first token of `tokens`.
        languages: Ids of languages to choose from; empty for none.
        suppress: Ids that `step` never predicts.
        suppress_first: Ids that `step` does not predict at position 0.
        no_speech: int. Id whose probability after the first token of the
            prompt is that of silence, or `None` for none.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of `tokens`, integers of shape `(batch, length)`, and
            `context`, shape `(batch, steps, dim)`.
        positions: Integers of shape `(n,)`: positions in the flattened
            `(batch, length)` whose next token is predicted. All by default.

    Returns:
        Logits of the next token, float32, of shape
        `(batch, length, vocabulary_size)`, or `(n, vocabulary_size)`.
        Suppressed tokens have the logit -1e9 in `step` only.

    Raises:
        ValueError: If `heads` does not divide `dim`, or there are languages
            but no prompt.

    Reference:
        [Radford et al., 2022](https://arxiv.org/abs/2212.04356)
    """

    def __init__(
        self,
        vocabulary_size,
        dim=384,
        depth=4,
        heads=6,
        dropout=0.0,
        length=224,
        prompt=(),
        languages=(),
        suppress=(),
        suppress_first=(),
        no_speech=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if languages and not prompt:
            raise ValueError(
                "`languages` are recognised after the first token of `prompt`. "
                f"Received: prompt={prompt!r}"
            )
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.depth = depth
        self.heads = heads
        self.dropout = dropout
        self.length = length
        self.prompt = tuple(prompt)
        self.languages = tuple(languages)
        self.suppress = tuple(suppress)
        self.suppress_first = tuple(suppress_first)
        self.no_speech = no_speech
        policy = {"dtype": self.dtype_policy}
        options = {"epsilon": _EPSILON, **policy}
        self.blocks = [
            TransformerBlock(dim, heads, dropout, name=f"block_{i}", **options)
            for i in range(depth)
        ]
        self.norm = keras.layers.LayerNormalization(
            epsilon=_EPSILON, name="norm", **policy
        )
        self._offset = len(self.prompt) + bool(self.languages)

    def build(self, input_shape):
        tokens_and_context(input_shape)
        inside = (None, None, self.dim)
        # A column per word: no step transposes it to compute logits.
        self.words = self.add_weight(
            (self.dim, self.vocabulary_size), "glorot_uniform", name="words"
        )
        self.position_embedding = self.add_weight(
            (self._offset + self.length, self.dim),
            "glorot_uniform",
            name="position_embedding",
        )
        for block in self.blocks:
            block.build([inside, inside])
        self.norm.build(inside)

    def call(self, inputs, training=None, positions=None):
        tokens, context = inputs
        prompt = self._prompt(context)
        if prompt:
            tokens = ops.cast(tokens, "int32")
            tokens = ops.concatenate([ops.stack(prompt, 1), tokens], axis=1)
        x = self._embed(tokens, ops.arange(ops.shape(tokens)[1]))
        for block in self.blocks:
            x, _ = block([x, context], training=training)
        return self._logits(at(x[:, self._offset :], positions))

    def start(self, context, length=None):
        """Returns the state after the prompt; see `RecurrentDecoder`."""
        state = self._empty(context, length or self.length)
        for index, token in enumerate(self._prompt(context)):
            _, state = self._advance(token, state, index)
        return state

    def step(self, token, state, index):
        """Processes one token; see `RecurrentDecoder`."""
        index = ops.convert_to_tensor(index, "int32")
        x, state = self._advance(token, state, index + self._offset)
        first, later = self._suppressed()
        return self._logits(x) + ops.where(index == 0, first, later), state

    def no_speech_probability(self, context):
        """Returns the probability that nobody speaks.

        Args:
            context: Tensor of shape `(batch, steps, dim)`.

        Returns:
            float32 tensor of shape `(batch,)`.
        """
        token = ops.zeros(ops.shape(context)[:1], "int32") + self.prompt[0]
        x, _ = self._advance(token, self._empty(context, 0), 0)
        logits = self._logits(x)[:, 1:]  # Without padding.
        return ops.softmax(logits, axis=-1)[:, self.no_speech - 1]

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
            "prompt": list(self.prompt),
            "languages": list(self.languages),
            "suppress": list(self.suppress),
            "suppress_first": list(self.suppress_first),
            "no_speech": self.no_speech,
        }

    def _prompt(self, context):
        """The tokens of the prompt, a list of integers `(batch,)`."""
        zeros = ops.zeros(ops.shape(context)[:1], "int32")
        tokens = [zeros + token for token in self.prompt]
        if self.languages:
            x, _ = self._advance(tokens[0], self._empty(context, 0), 0)
            logits = ops.take(self._logits(x), self.languages, axis=1)
            choice = ops.argmax(logits, axis=1)
            ids = ops.convert_to_tensor(self.languages, "int32")
            tokens.insert(1, ops.take(ids, choice))
        return tokens

    def _empty(self, context, length):
        """The state before the prompt and `length` tokens."""
        size, length = ops.shape(context)[0], self._offset + length
        return {
            "static": [block.remember(context) for block in self.blocks],
            "cache": hypotheses.no_origins(size, length),
            "past": [x.empty_history(size, length) for x in self.blocks],
        }

    def _advance(self, token, state, position):
        """Processes a token of the prompt or of the sentence.

        Returns:
            Tuple of the last block's output, `(batch, dim)`, and the state.
        """
        position = ops.convert_to_tensor(position, "int32")
        static, histories = state["static"], []
        size = ops.shape(static[0][0])[0]
        origins, visible = hypotheses.with_position(
            state["cache"], size, position
        )
        x = self._embed(token[:, None], position[None])
        for block, memory, history in zip(self.blocks, static, state["past"]):
            x, history = block.step(x, memory, history, position, visible)
            histories.append(history)
        state = {"static": static, "cache": origins, "past": histories}
        return x[:, 0], state

    def _embed(self, tokens, positions):
        """Embeds tokens `(batch, length)` at positions `(length,)`."""
        x = ops.take(self.words, ops.reshape(tokens, (-1,)), axis=1)
        x = ops.reshape(ops.transpose(x), (*ops.shape(tokens), self.dim))
        x = x + ops.take(self.position_embedding, positions, axis=0)
        return ops.cast(x, self.compute_dtype)

    def _logits(self, x):
        x = ops.cast(self.norm(x), "float32")
        return ops.matmul(x, ops.cast(self.words, "float32"))

    def _suppressed(self):
        """What is added to logits, at position 0 and later."""
        later = np.zeros(self.vocabulary_size, "float32")
        later[list(self.suppress)] = _SUPPRESSED
        first = later.copy()
        first[list(self.suppress_first)] = _SUPPRESSED
        return ops.convert_to_tensor(first), ops.convert_to_tensor(later)
