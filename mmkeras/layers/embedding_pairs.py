"""Two embeddings whose product is a logit."""

import math

import keras
from keras import ops

_LARGEST_SCALE = 100.0
_SCALES = {  # By loss.
    "contrastive": 1 / 0.07,
    "sigmoid": 10.0,
    "triplet": 1.0,
    "semi-hard": 1.0,
}


@keras.saving.register_keras_serializable(package="mmkeras")
class EmbeddingPairs(keras.layers.Layer):
    """Scales two embeddings so that their product is a logit.

        logit(u, v) = s u / |u| . v / |v| + b

    The scale s, the inverse of a temperature, is learned, as its logarithm,
    and at most 100, unless the loss compares cosines; so is the bias b, if
    the loss needs one. Weight decay of the recipes does not apply to them.

    Args:
        loss: The loss of the pairs: `"contrastive"` (InfoNCE); `"sigmoid"`
            (SigLIP), which needs a bias, -10 at first; or `"triplet"` and
            `"semi-hard"` (a triplet with the hardest negative, or a semi-hard
            one), of cosines.
        scale: float above 0. Initial scale; by default 1 / 0.07, 10 for
            `"sigmoid"`, or 1, which is not learned, for triplets.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of two tensors of shape `(batch, dim)`.

    Returns:
        Tensor of shape `(batch, 2, dim)`; with a bias, of `dim + 1`: the
        first one ends with the bias, the second one with 1.

    Raises:
        ValueError: If the loss is unknown, or `scale` is not in (0, 100].

    References:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020); with a bias:
        [Zhai et al., 2023](https://arxiv.org/abs/2303.15343); cosines:
        [Faghri et al., 2018](https://arxiv.org/abs/1707.05612)
    """

    def __init__(self, loss="contrastive", scale=None, **kwargs):
        super().__init__(**kwargs)
        if loss not in _SCALES:
            raise ValueError(
                f"`loss` must be one of {', '.join(_SCALES)}. Received: "
                f"loss={loss!r}"
            )
        scale = _SCALES[loss] if scale is None else scale
        if not 0 < scale <= _LARGEST_SCALE:
            raise ValueError(
                f"`scale` must be in (0, {_LARGEST_SCALE:g}]. Received: "
                f"scale={scale}"
            )
        self.loss = loss
        self.scale = scale
        self.bias = loss == "sigmoid"
        self.learns_scale = loss in ("contrastive", "sigmoid")

    def build(self, input_shape):
        constant = keras.initializers.Constant
        self._log_scale = self.add_weight(
            shape=(),
            initializer=constant(math.log(self.scale)),
            constraint=_AtMost(math.log(_LARGEST_SCALE)),
            trainable=self.learns_scale,
            dtype="float32",
            autocast=False,
            name="log_scale",
        )
        if self.bias:
            self._bias = self.add_weight(
                shape=(),
                initializer=constant(-10.0),
                dtype="float32",
                autocast=False,
                name="bias",
            )

    def call(self, inputs):
        first, second = (
            ops.normalize(ops.cast(x, "float32"), axis=-1) for x in inputs
        )
        first = first * ops.exp(self._log_scale)
        if self.bias:
            ones = ops.ones_like(second[:, :1])
            first = ops.concatenate([first, ones * self._bias], axis=-1)
            second = ops.concatenate([second, ones], axis=-1)
        return ops.stack([first, second], axis=1)

    @property
    def current_scale(self):
        """float: the scale as learned so far."""
        return math.exp(float(self._log_scale))

    def cosine(self, pairs):
        """Computes the cosine of the two embeddings of each pair.

        Args:
            pairs: What the layer returned, of shape `(batch, 2, dim)`.

        Returns:
            Tensor of shape `(batch,)`, in [-1, 1].
        """
        pairs = ops.normalize(pairs[..., :-1] if self.bias else pairs, axis=-1)
        return ops.sum(pairs[:, 0] * pairs[:, 1], axis=-1)

    def compute_output_shape(self, input_shape):
        batch, dim = input_shape[0]
        return batch, 2, dim + bool(self.bias)

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "loss": self.loss,
            "scale": self.scale,
        }


@keras.saving.register_keras_serializable(package="mmkeras")
class _AtMost(keras.constraints.Constraint):
    def __init__(self, limit):
        self.limit = limit

    def __call__(self, w):
        return ops.minimum(w, self.limit)

    def get_config(self):
        return {"limit": self.limit}
