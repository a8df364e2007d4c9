"""Tensor fusion: the outer product of all inputs."""

import math

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities

MAX_SIZE = 2**20  # Elements per example.


@keras.saving.register_keras_serializable(package="mmkeras")
class Tensor(keras.layers.Layer):
    """Multiplies each feature of each input with those of all others.

        y = [x_1; 1] (x) ... (x) [x_n; 1]

    the outer product, flattened. The ones keep each input, and each pair,
    triple, ... of inputs among the products. The layer has no weights; it
    computes in float32.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and counts as zeros, so that the others' products
            remain; `None` if all are present.

    Returns:
        Tensor of shape `(batch, (dim_1 + 1) ... (dim_n + 1))`.

    Raises:
        ValueError: If there is only one input, one is not a vector, or the
            product has more than 2^20 numbers.

    Reference:
        [Zadeh et al., 2017](https://arxiv.org/abs/1707.07250)
    """

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        if _size(inputs_shape) > MAX_SIZE:
            raise ValueError(
                f"The outer product must have at most {MAX_SIZE:,} elements. "
                f"Received: sizes {[shape[-1] for shape in inputs_shape]}, "
                f"which make {_size(inputs_shape):,}. Reduce the sizes of the "
                "inputs first, or use `mmkeras.fusion.LowRank`."
            )

    def call(self, inputs, presence=None):
        product = None
        for x in modalities.mask_absent(inputs, presence):
            x = ops.cast(x, "float32")
            x = ops.concatenate([x, ops.ones_like(x[:, :1])], axis=-1)
            if product is not None:
                size = product.shape[-1] * x.shape[-1]
                x = product[:, :, None] * x[:, None, :]
                x = ops.reshape(x, (-1, size))
            product = x
        return ops.cast(product, self.compute_dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], _size(inputs_shape)


def _size(shapes):
    return math.prod(shape[-1] + 1 for shape in shapes)
