"""A recurrent decoder with attention over regions before each word."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.decoders.shapes import at
from mmkeras.decoders.shapes import logits_spec
from mmkeras.decoders.shapes import region_mask
from mmkeras.decoders.shapes import tokens_and_context

# Names of the projections of the first region, by where it is injected.
_PLACES = {"start": ("hidden", "cell"), "words": ("words",)}


@keras.saving.register_keras_serializable(package="mmkeras")
class AttentionDecoder(keras.layers.Layer):
    """An LSTM with soft attention over the context.

        e_ti = v . tanh(W_a a_i + U_a h_{t-1}),  alpha_t = softmax(e_t)
        z_t = sigmoid(w_b . h_{t-1} + b_b) sum_i alpha_ti a_i
        h_t, c_t = LSTM([E w_t; z_t], h_{t-1}, c_{t-1})
        logits_t = W_o tanh(E w_t + W_h h_t + W_z z_t) + b_o

    with `a_i = tanh(BatchNorm(W context_i))` of size `dim`, the first state
    computed from their mean, and keys and queries of size `dim / 4`.

    Departure from the paper: the regions are normalised and projected to
    `dim` before the attention; `tanh` in the output layer; no penalty on
    regions that are never attended to.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words, regions and of the LSTM's state.
        dropout: float in [0, 1). Dropped from the regions, the words and the
            output layer in training.
        mask_zero: bool. Whether regions of the context that are all zero are
            padding, to which nothing attends. Each example needs a region.
        inject: Where the first region v, to which nothing then attends, is
            injected instead: `"start"`, `tanh(W v)` is added to the first
            state; `"words"`, the words are `E w * (1 + tanh(W v))`; both,
            `"start+words"`; or `None`, and it is a region like others.
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
        ValueError: If `inject` has another value.

    Reference:
        [Xu et al., 2015](https://arxiv.org/abs/1502.03044); injection:
        [Caglayan et al., 2017](https://arxiv.org/abs/1707.04481)
    """

    def __init__(
        self,
        vocabulary_size,
        dim=512,
        dropout=0.5,
        mask_zero=False,
        inject=None,
        **kwargs,
    ):
        self.places = arguments.check_joined("inject", inject, _PLACES)
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.dim = dim
        self.dropout = dropout
        self.mask_zero = mask_zero
        self.inject = inject
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
        self.injections = {
            name: self._dense(dim, f"inject_{name}", "tanh", use_bias=False)
            for place in self.places
            for name in _PLACES[place]
        }
        self.words = keras.layers.Embedding(
            vocabulary_size, dim, dtype=self.dtype_policy, name="words"
        )
        self.lstm = keras.layers.LSTMCell(
            dim, dtype=self.dtype_policy, name="lstm"
        )
        self.output_hidden = self._dense(dim, "output_hidden", use_bias=False)
        self.output_context = self._dense(dim, "output_context", use_bias=False)
        self.logits = keras.layers.Dense(
            vocabulary_size, dtype="float32", name="logits"
        )

    def build(self, input_shape):
        tokens, context = tokens_and_context(input_shape)
        self.regions.build(context)
        self.norm.build((*context[:-1], self.dim))
        dense = [self.keys, self.query, self.gate, self.hidden]
        dense += [self.cell, self.output_hidden, self.output_context]
        dense += [self.logits]
        for layer in dense:
            layer.build((None, self.dim))
        for layer in self.injections.values():
            layer.build((None, context[-1]))
        self.energy.build((None, self.keys.units))
        self.words.build(tokens)
        self.lstm.build((None, 2 * self.dim))

    def call(self, inputs, training=None, positions=None):
        *parts, _ = self._run(inputs, training)
        return self._output(*(at(x, positions) for x in parts), training)

    def attention(self, inputs):
        """Returns the attention over regions before each word.

        Args:
            inputs: See the call arguments.

        Returns:
            Weights that sum to 1 over the regions, of shape
            `(batch, length, regions)`.
        """
        _, hidden, _, (static, first) = self._run(inputs, training=False)
        previous = ops.concatenate([first[0][:, None], hidden[:, :-1]], axis=1)
        keys = ops.expand_dims(static["keys"], 1)
        mask = static.get("mask")
        mask = None if mask is None else ops.expand_dims(mask, 1)
        return self._attention(keys, ops.expand_dims(previous, 2), mask)

    def start(self, context, length=None):
        """Returns the state before the first word; see `RecurrentDecoder`."""
        static, cache = self._condition(context, training=False)
        return {"static": static, "cache": cache}

    def step(self, token, state, index):
        """Processes one token; see `RecurrentDecoder`."""
        static, cache = state["static"], state["cache"]
        words = self.words(token) * static.get("scale", 1)
        attended = self._attend(static, cache[0])
        x = ops.concatenate([words, attended], axis=-1)
        hidden, cache = self.lstm(x, cache, training=False)
        logits = self._output(words, hidden, attended, training=False)
        return logits, {"static": static, "cache": list(cache)}

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
            "mask_zero": self.mask_zero,
            "inject": self.inject,
        }

    def _dense(self, units, name, activation=None, use_bias=True):
        return keras.layers.Dense(
            units,
            activation,
            use_bias=use_bias,
            dtype=self.dtype_policy,
            name=name,
        )

    def _condition(self, context, training):
        vector = context[:, 0]
        if self.places:
            context = context[:, 1:]
        mask = region_mask(context) if self.mask_zero else None
        values = self.norm(self.regions(context), training=training, mask=mask)
        values = ops.tanh(values)
        values = self.drop(values, training=training)
        static = {"values": values, "keys": self.keys(values)}
        mean = ops.mean(values, axis=1)
        if self.mask_zero:
            static["mask"] = mask
            mean = _masked_mean(values, mask)
        first = [self.hidden(mean), self.cell(mean)]
        if "start" in self.places:
            names = _PLACES["start"]
            first = [
                x + self.injections[n](vector) for x, n in zip(first, names)
            ]
        if "words" in self.places:
            static["scale"] = 1 + self.injections["words"](vector)
        return static, first

    def _attention(self, keys, hidden, mask=None):
        energy = self.energy(ops.tanh(keys + self.query(hidden)))
        energy = ops.cast(ops.squeeze(energy, -1), "float32")
        if mask is not None:
            energy = ops.where(mask, energy, -1e9)
        return ops.softmax(energy, axis=-1)

    def _attend(self, static, hidden):
        query = ops.expand_dims(hidden, 1)
        weights = self._attention(static["keys"], query, static.get("mask"))
        values = static["values"]
        weights = ops.expand_dims(ops.cast(weights, values.dtype), 1)
        attended = ops.squeeze(ops.matmul(weights, values), 1)
        return self.gate(hidden) * attended

    def _run(self, inputs, training):
        """Returns words, hidden states, attended features and the start."""
        tokens, context = inputs
        static, first = self._condition(context, training)
        words = self.words(tokens)
        if "scale" in static:
            words = words * static["scale"][:, None]
        words = self.drop(words, training=training)

        def advance(carry, word):
            hidden, cell, _ = carry
            attended = self._attend(static, hidden)
            x = ops.concatenate([word, attended], axis=-1)
            hidden, (_, cell) = self.lstm(x, [hidden, cell])
            return (hidden, cell, attended), (hidden, cell, attended)

        carry = (*first, ops.zeros_like(first[0]))
        _, (hidden, _, attended) = ops.scan(
            advance, carry, ops.transpose(words, (1, 0, 2))
        )
        hidden = ops.transpose(hidden, (1, 0, 2))
        attended = ops.transpose(attended, (1, 0, 2))
        return words, hidden, attended, (static, first)

    def _output(self, words, hidden, attended, training):
        x = words + self.output_hidden(hidden) + self.output_context(attended)
        x = ops.tanh(x)
        return self.logits(self.drop(x, training=training))


def _masked_mean(values, mask):
    """The mean of the regions of a mask."""
    share = ops.cast(ops.expand_dims(mask, -1), values.dtype)
    return ops.sum(values * share, axis=1) / ops.sum(share, axis=1)
