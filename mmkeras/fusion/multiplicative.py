"""Multiplicative interactions."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense

KINDS = ("matrix", "vector", "scalar")


@keras.saving.register_keras_serializable(package="mmkeras")
class Multiplicative(keras.layers.Layer):
    """Transforms one input by a linear map that depends on the other.

    For an input x and a context z, by `kind`:

        matrix:  y = z^T W x + U z + V x + b      W: (dim, dim_z, dim_x)
        vector:  y = (W z) * (V x) + U z + b
        scalar:  y = (w . z) (V x) + U z + b

    Departure from the paper: for n > 2 inputs, the result of the first two
    is combined with the third as its context, and so on.

    Args:
        dim: int. Size of the fused vector.
        kind: `"matrix"`, `"vector"` or `"scalar"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and counts as zeros; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If the kind is unknown, there is only one input, or one is
            not a vector.

    Reference:
        [Jayakumar et al., 2020](https://openreview.net/forum?id=rylnK6VtDH)
    """

    def __init__(self, dim=128, kind="matrix", **kwargs):
        super().__init__(**kwargs)
        if kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {', '.join(KINDS)}. Received: "
                f"kind={kind!r}"
            )
        self.dim = dim
        self.kind = kind

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        x, *contexts = inputs_shape
        self.rounds = []
        for i, z in enumerate(contexts):
            self.rounds.append(self._round(x, z, i))
            x = None, self.dim

    def _round(self, x, z, i):
        """Builds the weights that combine an input with a context."""
        parts = {
            "own": dense(self, x, self.dim, f"own_{i}", None, False),
            "shift": dense(self, z, self.dim, f"shift_{i}"),
        }
        if self.kind == "matrix":
            parts["bilinear"] = self.add_weight(
                shape=(z[-1], x[-1], self.dim),
                initializer=keras.initializers.VarianceScaling(
                    1 / z[-1], "fan_in", "untruncated_normal"
                ),
                name=f"bilinear_{i}",
            )
        else:
            size = self.dim if self.kind == "vector" else 1
            parts["scale"] = dense(self, z, size, f"scale_{i}", None, False)
        return parts

    def call(self, inputs, presence=None):
        x, *contexts = modalities.mask_absent(inputs, presence)
        for z, parts in zip(contexts, self.rounds):
            x = self._combine(x, z, **parts)
        return x

    def _combine(self, x, z, own, shift, bilinear=None, scale=None):
        if scale is not None:
            return scale(z) * own(x) + shift(z)
        pairs = ops.einsum("bz,bx->bzx", z, x)
        pairs = ops.reshape(pairs, (-1, z.shape[-1] * x.shape[-1]))
        bilinear = ops.cast(bilinear, x.dtype)
        bilinear = ops.reshape(bilinear, (-1, self.dim))
        return ops.matmul(pairs, bilinear) + own(x) + shift(z)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        return {**super().get_config(), "dim": self.dim, "kind": self.kind}
