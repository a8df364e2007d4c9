"""A recurrent decoder conditioned on the mean of the image features."""

import keras
from keras import ops

from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import tokens_and_context
from mmkeras.layers import LSTM


@keras.saving.register_keras_serializable(package="mmkeras")
class RecurrentDecoder(keras.layers.Layer):
    """An LSTM whose initial state is made of the mean context vector.

        s = BatchNorm(mean_i(context_i))
        h_0, c_0 = tanh(W_h s + b_h), tanh(W_c s + b_c)
        h_t, c_t = LSTM(E w_t, h_{t-1}, c_{t-1})
        logits_t = W_o h_t + b_o

    With `inject="par"` the image also goes beside every word: `E w_t + W_s s
    + b_s` is read in place of `E w_t`. That learns faster what is in small,
    plain images, of which there are many; of few photographs it learns more
    by heart.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words and of the LSTM's state.
        dropout: float in [0, 1). Dropped from the mean context, the words and
            the LSTM's outputs in training.
        inject: Where the image goes in, `"init"` or `"par"`: the state
            alone, or every step as well.
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
        ValueError: If `inject` is neither.

    Reference:
        - [Vinyals et al., 2015](https://arxiv.org/abs/1411.4555)
        - [Tanti et al., 2018](https://arxiv.org/abs/1703.09137), who name the
          places to inject an image
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
        self.beside = None
        if inject == "par":
            self.beside = keras.layers.Dense(dim, name="beside", **policy)
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
        if self.beside is not None:
            self.beside.build((context[0], context[-1]))
        self.words.build(tokens)
        self.lstm.build((*tokens, self.dim))
        self.logits.build((*tokens, self.dim))

    def call(self, inputs, training=None, positions=None):
        tokens, context = inputs
        x = self.drop(self.words(tokens), training=training)
        beside, state = self._see(context, training)
        x = sum((image[:, None] for image in beside), x)
        x = at(self.lstm(x, initial_state=state), positions)
        return self.logits(self.drop(x, training=training))

    def start(self, context):
        """Makes the state before the first word.

        Args:
            context: Tensor of shape `(batch, regions, context_dim)`.

        Returns:
            The state, a dict.
        """
        beside, state = self._see(context, training=False)
        return {"fixed": beside, "moving": state}

    def step(self, token, state, index):
        """Reads one token.

        Args:
            token: Integers of shape `(batch,)`.
            state: What `start` or the last `step` returned.
            index: Position of the token; not used here.

        Returns:
            Logits of the next token, shape `(batch, vocabulary_size)`, and
            the new state.
        """
        x = sum(state["fixed"], self.words(token))
        x, moving = self.lstm.cell(x, state["moving"], training=False)
        return self.logits(x), {**state, "moving": list(moving)}

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

    def _see(self, context, training):
        """What goes beside each word, a list of none or one, and the state."""
        seen = self.norm(ops.mean(context, axis=1), training=training)
        seen = self.drop(seen, training=training)
        beside = [self.beside(seen)] if self.beside is not None else []
        return beside, [self.hidden(seen), self.cell(seen)]
