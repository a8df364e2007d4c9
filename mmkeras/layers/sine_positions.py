"""Adds sines and cosines of the position to each step."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class SinePositions(keras.layers.Layer):
    """Adds sines and cosines of the position to sequences of any length.

        x[t, i] + sin(t / 10000^(2 i / dim))             for i < dim / 2
        x[t, i] + cos(t / 10000^((2 i - dim) / dim))     for the others

    Unlike KerasHub's `SinePositionEncoding`, it passes on the mask, and its
    sines come before its cosines.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, steps, dim)`, `dim` even.

    Returns:
        Tensor of the same shape, with the same mask.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        steps, dim = ops.shape(inputs)[1], inputs.shape[-1]
        place = ops.cast(ops.arange(steps), "float32")[:, None]
        power = ops.arange(0, dim, 2, dtype="float32")[None, :] / dim
        angle = place / ops.power(10000.0, power)
        waves = ops.concatenate([ops.sin(angle), ops.cos(angle)], axis=-1)
        return inputs + ops.cast(waves, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
