"""Embeddings of several modalities, whose products are logits."""

import itertools
import math

import keras
from keras import ops

LARGEST_SCALE = 100.0
_SCALES = {  # By loss.
    "contrastive": 1 / 0.07,
    "sigmoid": 10.0,
    "triplet": 1.0,
    "semi-hard": 1.0,
}


@keras.saving.register_keras_serializable(package="mmkeras")
class EmbeddingPairs(keras.layers.Layer):
    """Scales embeddings so that the product of any two is a logit.

        logit(u, v) = s u / |u| . v / |v| + b

    The scale s, the inverse of a temperature, is learned, as its logarithm,
    and at most 100, unless the loss compares cosines; so is the bias b, if
    the loss needs one. Weight decay of the recipes does not apply to them.
    Of two embeddings, the first one is multiplied by s; of more, each one by
    the root of s. All pairs of modalities share s and b.

    Args:
        loss: The loss of the pairs: `"contrastive"` (InfoNCE); `"sigmoid"`
            (SigLIP), which needs a bias, -10 at first; or `"triplet"` and
            `"semi-hard"` (a triplet with the hardest negative, or a semi-hard
            one), of cosines.
        scale: float above 0. Initial scale; by default 1 / 0.07, 10 for
            `"sigmoid"`, or 1, which is not learned, for triplets.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n tensors of shape `(batch, dim)`, one per modality.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an
            example lacks a modality; `None` if none is missing.

    Returns:
        Tensor of shape `(batch, n, dim)`, zeros where a modality is missing.
        With a bias, of `dim + n (n - 1) / 2`: a column per pair of
        modalities, in which the first of the two has the bias, the second
        one 1, and others 0.

    Raises:
        ValueError: If the loss is unknown, `scale` is not in (0, 100], or
            there are fewer than two inputs.

    References:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020); with a bias:
        [Zhai et al., 2023](https://arxiv.org/abs/2303.15343); cosines:
        [Faghri et al., 2018](https://arxiv.org/abs/1707.05612)
    """

    def __init__(self, loss="contrastive", scale=None, **kwargs):
        super().__init__(**kwargs)
        self.loss = loss
        self.scale = initial_scale(loss, scale, _SCALES)
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

    def call(self, inputs, presence=None):
        count, present = len(inputs), [None] * len(inputs)
        if presence is not None:
            presence = ops.cast(presence, "bool")
            present = [presence[:, i : i + 1] for i in range(count)]
        # The length of zeros has no finite gradient, that of ones has.
        embeddings = [
            ops.normalize(_replaced(ops.cast(x, "float32"), mask, 1), axis=-1)
            for x, mask in zip(inputs, present)
        ]
        embeddings = self._scaled(embeddings)
        if self.bias:
            embeddings = [
                ops.concatenate([x, *self._bias_columns(i, x, count)], axis=-1)
                for i, x in enumerate(embeddings)
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
        """Number of columns of the bias."""
        return count * (count - 1) // 2 if self.bias else 0

    def compute_output_shape(self, input_shape):
        batch, dim = input_shape[0]
        count = len(input_shape)
        return batch, count, dim + self._extra(count)

    def compute_output_spec(self, inputs, presence=None):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "loss": self.loss,
            "scale": self.scale,
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
