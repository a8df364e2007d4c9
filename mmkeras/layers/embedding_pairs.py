"""Embeddings of several modalities, whose products are logits."""

import itertools
import math

import keras
import numpy as np
from keras import ops

LARGEST_SCALE = 100.0
_SCALES = {  # By loss.
    "contrastive": 1 / 0.07,
    "sigmoid": 10.0,
    "triplet": 1.0,
    "semi-hard": 1.0,
}
_SOFTER = 2.0  # Temperature of a querybank, relative to the learned one.
_FIXED = 0.1  # Without a learned one.


@keras.saving.register_keras_serializable(package="mmkeras")
class EmbeddingPairs(keras.layers.Layer):
    """Scales embeddings so that the product of any two is a logit.

        logit(u, v) = s u / |u| . v / |v| + b

    The scale s, the inverse of a temperature, is learned, as its logarithm,
    and at most 100, unless the loss compares cosines; so is the bias b, if
    the loss needs one. Weight decay of the recipes does not apply to them.
    Of two embeddings, the first one is multiplied by s; of more, each one by
    the root of s. All pairs of modalities share s and b.

    Some items are close to a great many queries, and are found too often. A
    querybank, embeddings of training examples, corrects this, once it is
    filled after training: an item loses t log mean exp(cos / t) over the
    querybank of the other modality, as in an inverted softmax; t is 2 / s,
    or 0.1 if s is not learned. Which query it is does not matter, so that
    this is a number per item.

    Args:
        loss: The loss of the pairs: `"contrastive"` (InfoNCE); `"sigmoid"`
            (SigLIP), which needs a bias, -10 at first; or `"triplet"` and
            `"semi-hard"` (a triplet with the hardest negative, or a semi-hard
            one), of cosines.
        scale: float above 0. Initial scale; by default 1 / 0.07, 10 for
            `"sigmoid"`, or 1, which is not learned, for triplets.
        querybank: int. Number of embeddings of each modality in the
            querybank; 0 for none.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n tensors of shape `(batch, dim)`, one per modality.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an
            example lacks a modality; `None` if none is missing.
        training: bool. In training the querybank does not apply.

    Returns:
        Tensor of shape `(batch, n, dim)`, zeros where a modality is missing.
        With a bias, there are n (n - 1) / 2 more columns: one per pair of
        modalities, in which the first of the two has the bias, the second
        one 1, and others 0. With a querybank, twice as many more: per pair,
        one with what the first loses and 1, another with 1 and what the
        second loses.

    Raises:
        ValueError: If the loss is unknown, `scale` is not in (0, 100],
            `querybank` is negative, or there are fewer than two inputs.

    References:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020); with a bias:
        [Zhai et al., 2023](https://arxiv.org/abs/2303.15343); cosines:
        [Faghri et al., 2018](https://arxiv.org/abs/1707.05612); querybanks:
        [Bogolin et al., 2022](https://arxiv.org/abs/2112.12777)
    """

    def __init__(self, loss="contrastive", scale=None, querybank=0, **kwargs):
        super().__init__(**kwargs)
        self.loss = loss
        self.scale = initial_scale(loss, scale, _SCALES)
        if querybank < 0:
            raise ValueError(
                "`querybank` must be at least 0. Received: "
                f"querybank={querybank}"
            )
        self.querybank = querybank
        self.bias = loss == "sigmoid"
        self.learns_scale = loss in ("contrastive", "sigmoid")

    def build(self, input_shape):
        if len(input_shape) < 2:
            raise ValueError(
                "`EmbeddingPairs` takes a list of at least two embeddings. "
                f"Received: {len(input_shape)}"
            )
        self._log_scale = add_log_scale(self)
        if self.bias:
            self._bias = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(-10.0),
                dtype="float32",
                autocast=False,
                name="bias",
            )
        if self.querybank:
            size = input_shape[0][-1]
            self._bank = self._add_fixed(
                "querybank",
                (len(input_shape), self.querybank, size),
                "float16",
            )
            self._is_filled = self._add_fixed("querybank_is_filled", ())

    def _add_fixed(self, name, shape, dtype="float32"):
        """Adds zeros that are not trained."""
        return self.add_weight(
            shape=shape,
            initializer="zeros",
            trainable=False,
            dtype=dtype,
            autocast=False,
            name=name,
        )

    def fill(self, embeddings):
        """Fills the querybank.

        Args:
            embeddings: List of float32 arrays `(n, dim)` of training
                examples, one per modality, of any length other than 0; at
                least one of each. If there are too few, they are repeated.
        """
        shape = self._bank.shape[1:]
        bank = [np.resize(x, shape) for x in embeddings]
        bank = np.float32(np.stack(bank))
        bank /= np.linalg.norm(bank, axis=-1, keepdims=True)
        self._bank.assign(bank)
        self._is_filled.assign(1.0)

    def penalties(self, x, queries):
        """Computes what embeddings lose as the items of other modalities.

        Args:
            x: Tensor `(n, dim)`, rows of length 1.
            queries: int. Number of the modality of the queries.

        Returns:
            Tensor `(n,)`, in units of cosines; zeros without a querybank.
        """
        if not self.querybank:
            return ops.zeros_like(x[:, 0])
        t = _SOFTER / self.current_scale if self.learns_scale else _FIXED
        bank = ops.cast(self._bank[queries], "float32")
        products = ops.matmul(x, ops.transpose(bank)) / t
        sums = ops.logsumexp(products, axis=1) - math.log(self.querybank)
        return self._is_filled * t * sums

    def call(self, inputs, presence=None, training=None):
        count, present = len(inputs), [None] * len(inputs)
        if presence is not None:
            presence = ops.cast(presence, "bool")
            present = [presence[:, i : i + 1] for i in range(count)]
        # The length of zeros has no finite gradient, that of ones has.
        embeddings = [
            ops.normalize(_replaced(ops.cast(x, "float32"), mask, 1), axis=-1)
            for x, mask in zip(inputs, present)
        ]
        columns = [[] for _ in inputs]
        if self.bias:
            for i, x in enumerate(embeddings):
                columns[i] += self._bias_columns(i, x, count)
        if self.querybank:
            for i, x in enumerate(embeddings):
                columns[i] += self._penalty_columns(i, x, count, training)
        embeddings = [
            ops.concatenate([x, *more], axis=-1) if more else x
            for x, more in zip(self._scaled(embeddings), columns)
        ]
        embeddings = map(_replaced, embeddings, present, [0] * count)
        return ops.stack(list(embeddings), axis=1)

    def _scaled(self, embeddings):
        if len(embeddings) == 2:
            first, second = embeddings
            return [first * ops.exp(self._log_scale), second]
        root = ops.exp(self._log_scale / 2)
        return [x * root for x in embeddings]

    def _bias_columns(self, index, x, count):
        """Columns of one embedding, by pair of modalities."""
        ones = ops.ones_like(x[:, :1])
        columns = []
        for first, second in itertools.combinations(range(count), 2):
            value = {first: self._bias, second: 1.0}.get(index, 0.0)
            columns.append(ones * value)
        return columns

    def _penalty_columns(self, index, x, count, training):
        """Columns of one embedding, two by pair of modalities."""
        ones, zeros = ops.ones_like(x[:, :1]), ops.zeros_like(x[:, :1])
        columns = []
        for first, second in itertools.combinations(range(count), 2):
            pair = [zeros, zeros]
            if index in (first, second) and not training:
                other = second if index == first else first
                loss = self.penalties(x, other)[:, None]
                loss = loss * -self.current_scale
                pair = [loss, ones] if index == first else [ones, loss]
            columns += pair
        return columns

    @property
    def current_scale(self):
        """Scalar tensor: the scale as learned so far."""
        return ops.exp(self._log_scale)

    def cosine(self, pairs):
        """Computes the cosine of the embeddings of each example.

        Args:
            pairs: What the layer returned, of shape `(batch, n, dim)`.

        Returns:
            Tensor of shape `(batch,)`, in [-1, 1]: of more than two
            embeddings, the mean over the pairs of those that are not missing;
            0 for fewer than two.
        """
        count = pairs.shape[1]
        size = pairs.shape[-1] - self._extra(count)
        pairs = ops.normalize(pairs[..., :size], axis=-1)
        present = ops.cast(ops.any(pairs != 0, axis=-1), pairs.dtype)
        total = weights = 0.0
        for i, j in itertools.combinations(range(count), 2):
            total += ops.sum(pairs[:, i] * pairs[:, j], axis=-1)
            weights += present[:, i] * present[:, j]
        return total / ops.maximum(weights, 1.0)

    def compare(self, first, candidates):
        """Computes the products of embeddings with several others each.

        Args:
            first: Floats of shape `(batch, dim)`.
            candidates: Floats of shape `(batch, candidates, dim)`.

        Returns:
            Tensor of shape `(batch, candidates)`.
        """
        return ops.einsum("nd,ncd->nc", first, candidates)

    def _extra(self, count):
        """Number of columns of the bias and the querybank."""
        pairs = count * (count - 1) // 2
        return pairs * (bool(self.bias) + 2 * bool(self.querybank))

    def compute_output_shape(self, input_shape):
        batch, dim = input_shape[0]
        count = len(input_shape)
        return batch, count, dim + self._extra(count)

    def compute_output_spec(self, inputs, presence=None, training=None):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "loss": self.loss,
            "scale": self.scale,
            "querybank": self.querybank,
        }


def _replaced(x, present, value):
    """Replaces the rows of a tensor that are missing by a number."""
    if present is None:
        return x
    return ops.where(present, x, ops.cast(value, x.dtype))


@keras.saving.register_keras_serializable("mmkeras", "_AtMost")
class AtMost(keras.constraints.Constraint):
    """Limits a weight from above.

    Args:
        limit: float.
    """

    def __init__(self, limit):
        self.limit = limit

    def __call__(self, w):
        return ops.minimum(w, self.limit)

    def get_config(self):
        return {"limit": self.limit}


def initial_scale(loss, scale, scales):
    """Checks the loss of a layer of pairs, and the scale of its logits.

    Args:
        loss: Name of the loss.
        scale: The scale at first, or `None` for that of the loss.
        scales: Dict of the scales at first, by loss.

    Returns:
        float in (0, 100].

    Raises:
        ValueError: If there is no such loss, or the scale is out of range.
    """
    if loss not in scales:
        raise ValueError(
            f"`loss` must be one of {', '.join(scales)}. Received: "
            f"loss={loss!r}"
        )
    scale = scales[loss] if scale is None else scale
    if not 0 < scale <= LARGEST_SCALE:
        raise ValueError(
            f"`scale` must be in (0, {LARGEST_SCALE:g}]. Received: "
            f"scale={scale}"
        )
    return scale


def add_log_scale(layer):
    """Adds the logarithm of the scale of a layer of pairs as a weight.

    Args:
        layer: A `keras.layers.Layer` with `scale`, its initial value, and
            `learns_scale`, whether it is trained.

    Returns:
        The weight, a float32 scalar named `"log_scale"`, at most the logarithm
        of `LARGEST_SCALE`.
    """
    return layer.add_weight(
        shape=(),
        initializer=keras.initializers.Constant(math.log(layer.scale)),
        constraint=AtMost(math.log(LARGEST_SCALE)),
        trainable=layer.learns_scale,
        dtype="float32",
        autocast=False,
        name="log_scale",
    )
