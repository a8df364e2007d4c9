"""The mean of the steps of a sequence, weighted by position."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class PositionalMean(keras.layers.Layer):
    """Averages the steps of a sequence, each scaled by its position.

        y = mean over the unmasked steps j of (1 + p_j) x_j

    with a learned vector p_j per position. It is nearly as cheap as a bag of
    words, but depends on word order.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, length, dim)`, of fixed length.
        mask: Boolean tensor of shape `(batch, length)`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, dim)`; zeros if all steps are masked.

    Raises:
        ValueError: If the length is not fixed.

    Reference:
        The position encoding of [Sukhbaatar et al.,
        2015](https://arxiv.org/abs/1503.08895), learned
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, shape):
        if len(shape) != 3 or None in shape[1:]:
            raise ValueError(
                "`PositionalMean` takes a sequence (batch, length, dim) of "
                f"fixed length. Received: shape={tuple(shape)}"
            )
        self.places = self.add_weight(
            shape=tuple(shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=0.5),
            name="places",
        )

    def call(self, inputs, mask=None):
        x = inputs * (1 + ops.cast(self.places, inputs.dtype))
        if mask is None:
            return ops.mean(x, axis=1)
        weight = ops.expand_dims(ops.cast(mask, x.dtype), axis=-1)
        steps = ops.maximum(ops.sum(weight, axis=1), 1)
        return ops.sum(x * weight, axis=1) / steps

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, shape):
        return shape[0], shape[2]
