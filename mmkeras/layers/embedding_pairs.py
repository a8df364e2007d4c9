"""Two embeddings whose product is a logit."""

import math

import keras
from keras import ops

_LARGEST_SCALE = 100.0


@keras.saving.register_keras_serializable(package="mmkeras")
class EmbeddingPairs(keras.layers.Layer):
    """Scales two embeddings so that their product is a logit.

        logit(u, v) = s u / |u| . v / |v| + b

    The scale s, the inverse of a temperature, is learned, as its logarithm,
    and at most 100; so is the bias b, if there is one. Weight decay of the
    recipes does not apply to them.

    Args:
        scale: float above 0. Initial scale.
        bias: bool. Whether there is a bias, as in SigLIP; it is -10 at first.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of two tensors of shape `(batch, dim)`.

    Returns:
        Tensor of shape `(batch, 2, dim)`; with a bias, of `dim + 1`: the
        first one ends with the bias, the second one with 1.

    Raises:
        ValueError: If `scale` is not in (0, 100].

    References:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020); with a bias:
        [Zhai et al., 2023](https://arxiv.org/abs/2303.15343)
    """

    def __init__(self, scale=1 / 0.07, bias=False, **kwargs):
        super().__init__(**kwargs)
        if not 0 < scale <= _LARGEST_SCALE:
            raise ValueError(
                f"`scale` must be in (0, {_LARGEST_SCALE:g}]. Received: "
                f"scale={scale}"
            )
        self.scale = scale
        self.bias = bias

    def build(self, input_shape):
        constant = keras.initializers.Constant
        self._log_scale = self.add_weight(
            shape=(),
            initializer=constant(math.log(self.scale)),
            constraint=_AtMost(math.log(_LARGEST_SCALE)),
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
            "scale": self.scale,
            "bias": self.bias,
        }


@keras.saving.register_keras_serializable(package="mmkeras")
class _AtMost(keras.constraints.Constraint):
    def __init__(self, limit):
        self.limit = limit

    def __call__(self, w):
        return ops.minimum(w, self.limit)

    def get_config(self):
        return {"limit": self.limit}
