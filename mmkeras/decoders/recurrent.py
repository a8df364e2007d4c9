"""A recurrent decoder conditioned on the mean of the image features."""

import keras
from keras import ops

from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import tokens_and_context
from mmkeras.layers import LSTM


@keras.saving.register_keras_serializable(package="mmkeras")
class RecurrentDecoder(keras.layers.Layer):
    """An LSTM whose initial state is computed from the mean context vector.

        s = BatchNorm(mean_i(context_i))
        h_0, c_0 = tanh(W_h s + b_h), tanh(W_c s + b_c)
        h_t, c_t = LSTM(E w_t, h_{t-1}, c_{t-1})
        logits_t = W_o h_t + b_o

    With `inject="par"` (the paper's term) the image is also an input at every
    step: `E w_t + W_s s + b_s` in place of `E w_t`. This learns faster on large
    data sets of small, simple images, and overfits on few photographs.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words and of the LSTM's state.
        dropout: float in [0, 1). Dropped from the mean context, the words and
            the LSTM's outputs in training.
        inject: Where the image is an input, `"init"` or `"par"`: only the
            initial state, or every step as well.
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
        ValueError: If `inject` is neither of them.

    Reference:
        - [Vinyals et al., 2015](https://arxiv.org/abs/1411.4555)
        - [Tanti et al., 2018](https://arxiv.org/abs/1703.09137), who name the
          ways to inject an image
    """

    def __init__(
        self, vocabulary_size, dim=512, dropout=0.5, inject="init", **kwargs
    ):
        if inject not in ("init", "par"):
            raise ValueError(
                f'`inject` must be "init" or "par". Received: inject={inject!r}'
            )
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.dropout = dropout
        self.inject = inject
        policy = {"dtype": self.dtype_policy}
        self.drop = keras.layers.Dropout(dropout, name="dropout", **policy)
        self.norm = keras.layers.BatchNormalization(name="norm", **policy)
        self.hidden = keras.layers.Dense(
            dim, "tanh", name="start_hidden", **policy
        )
        self.cell = keras.layers.Dense(dim, "tanh", name="start_cell", **policy)
        self.image_projection = None
        if inject == "par":
            self.image_projection = keras.layers.Dense(
                dim, name="image_projection", **policy
            )
        self.words = keras.layers.Embedding(
            vocabulary_size, dim, name="words", **policy
        )
        self.lstm = LSTM(dim, return_sequences=True, name="lstm", **policy)
        self.logits = keras.layers.Dense(
            vocabulary_size, dtype="float32", name="logits"
        )

    def build(self, input_shape):
        tokens, context = tokens_and_context(input_shape)
        self.norm.build((context[0], context[-1]))
        self.hidden.build((context[0], context[-1]))
        self.cell.build((context[0], context[-1]))
        if self.image_projection is not None:
            self.image_projection.build((context[0], context[-1]))
        self.words.build(tokens)
        self.lstm.build((*tokens, self.dim))
        self.logits.build((*tokens, self.dim))

    def call(self, inputs, training=None, positions=None):
        tokens, context = inputs
        x = self.drop(self.words(tokens), training=training)
        images, state = self._condition(context, training)
        x = sum((image[:, None] for image in images), x)
        x = at(self.lstm(x, initial_state=state), positions)
        return self.logits(self.drop(x, training=training))

    def start(self, context, length=None):
        """Returns the state before the first word.

        Args:
            context: Tensor of shape `(batch, regions, context_dim)`.
            length: int. Number of steps that follow; by default as many as
                the decoder takes.

        Returns:
            The state, a dict.
        """
        images, state = self._condition(context, training=False)
        return {"static": images, "cache": state}

    def step(self, token, state, index):
        """Processes one token.

        Args:
            token: Integers of shape `(batch,)`.
            state: Output of `start` or of the last `step`.
            index: Position of the token; not used here.

        Returns:
            Logits of the next token, shape `(batch, vocabulary_size)`, and
            the new state.
        """
        x = sum(state["static"], self.words(token))
        x, cache = self.lstm.cell(x, state["cache"], training=False)
        return self.logits(x), {**state, "cache": list(cache)}

    def compute_output_shape(self, input_shape):
        return (*input_shape[0], self.vocabulary_size)

    def compute_output_spec(self, inputs, training=None, positions=None):
        return logits_spec(self.vocabulary_size, inputs, positions)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "dim": self.dim,
            "dropout": self.dropout,
            "inject": self.inject,
        }

    def _condition(self, context, training):
        """Returns a list of at most one image input, and the state."""
        image = self.norm(ops.mean(context, axis=1), training=training)
        image = self.drop(image, training=training)
        images = []
        if self.image_projection is not None:
            images = [self.image_projection(image)]
        return images, [self.hidden(image), self.cell(image)]
