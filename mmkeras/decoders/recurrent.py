"""A recurrent decoder that sees the picture once."""

import keras
from keras import ops

from mmkeras.decoders.shapes import tokens_and_context


@keras.saving.register_keras_serializable(package="mmkeras")
class RecurrentDecoder(keras.layers.Layer):
    """An LSTM whose initial state is made of the mean context vector.

        s = BatchNorm(mean_i(context_i))
        h_0, c_0 = tanh(W_h s + b_h), tanh(W_c s + b_c)
        h_t, c_t = LSTM(E w_t, h_{t-1}, c_{t-1})
        logits_t = W_o h_t + b_o

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words and of the LSTM's state.
        dropout: float in [0, 1). Dropped from the mean context, the words and
            the LSTM's outputs in training.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of `tokens`, integers of shape `(batch, length)`, and
            `context`, shape `(batch, regions, context_dim)`.

    Returns:
        Logits of the next token, float32, of shape
        `(batch, length, vocabulary_size)`.

    Reference:
        [Vinyals et al., 2015](https://arxiv.org/abs/1411.4555)
    """

    def __init__(self, vocabulary_size, dim=512, dropout=0.5, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.dropout = dropout
        policy = {"dtype": self.dtype_policy}
        self.drop = keras.layers.Dropout(dropout, name="dropout", **policy)
        self.norm = keras.layers.BatchNormalization(name="norm", **policy)
        self.hidden = keras.layers.Dense(
            dim, "tanh", name="start_hidden", **policy
        )
        self.cell = keras.layers.Dense(dim, "tanh", name="start_cell", **policy)
        self.words = keras.layers.Embedding(
            vocabulary_size, dim, name="words", **policy
        )
        self.lstm = keras.layers.LSTM(
            dim, return_sequences=True, name="lstm", **policy
        )
        self.logits = keras.layers.Dense(
            vocabulary_size, dtype="float32", name="logits"
        )

    def build(self, input_shape):
        tokens, context = tokens_and_context(input_shape)
        self.norm.build((context[0], context[-1]))
        self.hidden.build((context[0], context[-1]))
        self.cell.build((context[0], context[-1]))
        self.words.build(tokens)
        self.lstm.build((*tokens, self.dim))
        self.logits.build((*tokens, self.dim))

    def call(self, inputs, training=None):
        tokens, context = inputs
        x = self.drop(self.words(tokens), training=training)
        x = self.lstm(x, initial_state=self._see(context, training))
        return self.logits(self.drop(x, training=training))

    def start(self, context):
        """Makes the state before the first word.

        Args:
            context: Tensor of shape `(batch, regions, context_dim)`.

        Returns:
            The state, a dict.
        """
        return {"fixed": [], "moving": self._see(context, training=False)}

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
        x, moving = self.lstm.cell(
            self.words(token), state["moving"], training=False
        )
        return self.logits(x), {"fixed": [], "moving": list(moving)}

    def compute_output_shape(self, input_shape):
        return (*input_shape[0], self.vocabulary_size)

    def compute_output_spec(self, inputs, training=None):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "dim": self.dim,
            "dropout": self.dropout,
        }

    def _see(self, context, training):
        seen = self.norm(ops.mean(context, axis=1), training=training)
        seen = self.drop(seen, training=training)
        return [self.hidden(seen), self.cell(seen)]
