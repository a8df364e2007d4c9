"""A recurrent decoder that looks again before every word."""

import keras
from keras import ops

from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import tokens_and_context


@keras.saving.register_keras_serializable(package="mmkeras")
class AttentionDecoder(keras.layers.Layer):
    """An LSTM with soft attention over the context.

        e_ti = v . tanh(W_a a_i + U_a h_{t-1}),  alpha_t = softmax(e_t)
        z_t = sigmoid(w_b . h_{t-1} + b_b) sum_i alpha_ti a_i
        h_t, c_t = LSTM([E w_t; z_t], h_{t-1}, c_{t-1})
        logits_t = W_o tanh(E w_t + W_h h_t + W_z z_t) + b_o

    with `a_i = tanh(BatchNorm(W context_i))` of size `dim`, the first state
    made of their mean, and keys and queries of size `dim / 4`.

    Departure from the paper: the regions are normalised and projected to
    `dim` before they are attended to; `tanh` in the output layer; no penalty
    on regions that are never looked at.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words, regions and of the LSTM's state.
        dropout: float in [0, 1). Dropped from the regions, the words and the
            output layer in training.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of `tokens`, integers of shape `(batch, length)`, and
            `context`, shape `(batch, regions, context_dim)`.
        positions: Integers of shape `(n,)`: positions in the flattened
            `(batch, length)` whose next token is predicted. All by default.

    Returns:
        Logits of the next token, float32, of shape
        `(batch, length, vocabulary_size)`, or `(n, vocabulary_size)`.

    Reference:
        [Xu et al., 2015](https://arxiv.org/abs/1502.03044)
    """

    def __init__(self, vocabulary_size, dim=512, dropout=0.5, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.dropout = dropout
        self.drop = keras.layers.Dropout(
            dropout, dtype=self.dtype_policy, name="dropout"
        )
        self.regions = self._dense(dim, "regions", use_bias=False)
        self.norm = keras.layers.BatchNormalization(
            dtype=self.dtype_policy, name="norm"
        )
        self.keys = self._dense(max(dim // 4, 1), "keys")
        self.query = self._dense(max(dim // 4, 1), "query", use_bias=False)
        self.energy = self._dense(1, "energy", use_bias=False)
        self.gate = self._dense(1, "gate", "sigmoid")
        self.hidden = self._dense(dim, "start_hidden", "tanh")
        self.cell = self._dense(dim, "start_cell", "tanh")
        self.words = keras.layers.Embedding(
            vocabulary_size, dim, dtype=self.dtype_policy, name="words"
        )
        self.lstm = keras.layers.LSTMCell(
            dim, dtype=self.dtype_policy, name="lstm"
        )
        self.said = self._dense(dim, "said", use_bias=False)
        self.looked = self._dense(dim, "looked", use_bias=False)
        self.logits = keras.layers.Dense(
            vocabulary_size, dtype="float32", name="logits"
        )

    def build(self, input_shape):
        tokens, context = tokens_and_context(input_shape)
        self.regions.build(context)
        self.norm.build((*context[:-1], self.dim))
        dense = [self.keys, self.query, self.gate, self.hidden]
        dense += [self.cell, self.said, self.looked, self.logits]
        for layer in dense:
            layer.build((None, self.dim))
        self.energy.build((None, self.keys.units))
        self.words.build(tokens)
        self.lstm.build((None, 2 * self.dim))

    def call(self, inputs, training=None, positions=None):
        *parts, _ = self._read(inputs, training)
        return self._write(*(at(x, positions) for x in parts), training)

    def attention(self, inputs):
        """Says where the decoder looks before each word.

        Args:
            inputs: As in a call.

        Returns:
            Weights that sum to 1 over the regions, of shape
            `(batch, length, regions)`.
        """
        _, hidden, _, (fixed, first) = self._read(inputs, training=False)
        before = ops.concatenate([first[0][:, None], hidden[:, :-1]], axis=1)
        keys = ops.expand_dims(fixed["keys"], 1)
        return self._weigh(keys, ops.expand_dims(before, 2))

    def start(self, context):
        """Makes the state before the first word; see `RecurrentDecoder`."""
        fixed, moving = self._see(context, training=False)
        return {"fixed": fixed, "moving": moving}

    def step(self, token, state, index):
        """Reads one token; see `RecurrentDecoder`."""
        words = self.words(token)
        fixed = state["fixed"]
        looked = self._look(fixed, state["moving"][0])
        x = ops.concatenate([words, looked], axis=-1)
        hidden, moving = self.lstm(x, state["moving"], training=False)
        logits = self._write(words, hidden, looked, training=False)
        return logits, {"fixed": fixed, "moving": list(moving)}

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
        }

    def _dense(self, units, name, activation=None, use_bias=True):
        return keras.layers.Dense(
            units,
            activation,
            use_bias=use_bias,
            dtype=self.dtype_policy,
            name=name,
        )

    def _see(self, context, training):
        values = self.norm(self.regions(context), training=training)
        values = ops.tanh(values)
        values = self.drop(values, training=training)
        fixed = {"values": values, "keys": self.keys(values)}
        seen = ops.mean(values, axis=1)
        return fixed, [self.hidden(seen), self.cell(seen)]

    def _weigh(self, keys, hidden):
        energy = self.energy(ops.tanh(keys + self.query(hidden)))
        energy = ops.cast(ops.squeeze(energy, -1), "float32")
        return ops.softmax(energy, axis=-1)

    def _look(self, fixed, hidden):
        weights = self._weigh(fixed["keys"], ops.expand_dims(hidden, 1))
        values = fixed["values"]
        weights = ops.expand_dims(ops.cast(weights, values.dtype), 1)
        looked = ops.squeeze(ops.matmul(weights, values), 1)
        return self.gate(hidden) * looked

    def _read(self, inputs, training):
        """Reads all the words; returns them, states, looks and the start."""
        tokens, context = inputs
        fixed, first = self._see(context, training)
        words = self.drop(self.words(tokens), training=training)

        def read(carry, word):
            hidden, cell, _ = carry
            looked = self._look(fixed, hidden)
            x = ops.concatenate([word, looked], axis=-1)
            hidden, (_, cell) = self.lstm(x, [hidden, cell])
            return (hidden, cell, looked), (hidden, cell, looked)

        carry = (*first, ops.zeros_like(first[0]))
        _, (hidden, _, looked) = ops.scan(
            read, carry, ops.transpose(words, (1, 0, 2))
        )
        hidden = ops.transpose(hidden, (1, 0, 2))
        return words, hidden, ops.transpose(looked, (1, 0, 2)), (fixed, first)

    def _write(self, words, hidden, looked, training):
        x = ops.tanh(words + self.said(hidden) + self.looked(looked))
        return self.logits(self.drop(x, training=training))
