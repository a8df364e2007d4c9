"""Learned tokens for what is absent."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class MissingToken(keras.layers.Layer):
    """Puts a learned token in the place of what is absent.

    Nothing of an absent input is left, not even a NaN.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of a tensor of shape `(batch, dim)` or `(batch, length,
            dim)`, and a boolean one of shape `(batch,)`, `False` where the
            first is absent.

    Returns:
        Tensor of the first's shape. An absent vector is the token; of an
        absent sequence the first step is, and the mask leaves out the others.

    Raises:
        ValueError: If the first has no feature axis of known size.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        shape, _ = inputs_shape
        if len(shape) not in (2, 3) or shape[-1] is None:
            raise ValueError(
                "`MissingToken` takes a vector (batch, dim) or a sequence "
                "(batch, length, dim), and its presence. Received: "
                f"shapes={[tuple(shape) for shape in inputs_shape]}"
            )
        self.token = self.add_weight(
            shape=(shape[-1],), initializer="random_normal", name="token"
        )

    def call(self, inputs):
        x, there = inputs
        token = ops.cast(self.token, x.dtype)
        for _ in x.shape[1:]:
            there = ops.expand_dims(there, -1)
        return ops.where(there, x, token)

    def compute_mask(self, inputs, mask=None):
        x, there = inputs
        if len(x.shape) == 2:
            return None
        kept = mask[0] if mask and mask[0] is not None else None
        steps = ops.cumsum(ops.ones_like(x[:, :, 0]), axis=1)  # From 1.
        kept = ops.greater(steps, 0) if kept is None else kept
        there = ops.expand_dims(there, -1)
        first = ops.equal(ops.cast(ops.round(steps), "int32"), 1)
        return ops.where(there, kept, first)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]


@keras.saving.register_keras_serializable(package="mmkeras")
class Presence(keras.layers.Layer):
    """Returns the presence mask given, or a mask of all modalities.

    Args:
        modalities: int.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Any tensor, batch first.
        presence: Boolean tensor of shape `(batch, modalities)`, or `None` if
            all are there.

    Returns:
        Boolean tensor of shape `(batch, modalities)`.
    """

    def __init__(self, modalities=2, **kwargs):
        super().__init__(**kwargs)
        self.modalities = modalities
        self.supports_masking = True

    def call(self, inputs, presence=None):
        if presence is not None:
            return ops.cast(presence, "bool")
        return ops.ones((ops.shape(inputs)[0], self.modalities), "bool")

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_spec(self, inputs, presence=None):
        return keras.KerasTensor((inputs.shape[0], self.modalities), "bool")

    def get_config(self):
        return {**super().get_config(), "modalities": self.modalities}


def replace_missing(inputs, presence=None):
    """Puts learned tokens in the place of absent modalities.

    Args:
        inputs: List of n tensors of shape `(batch, dim_i)` or `(batch,
            length_i, dim_i)`, made by layers of a functional model.
        presence: Boolean tensor of shape `(batch, n)`, an optional input of
            the model, or `None`.

    Returns:
        List of n tensors of the same shapes.
    """
    mask = Presence(len(inputs), name="presence_mask")
    present = mask(inputs[0], presence=presence)
    return [
        MissingToken(name=f"missing_token_{i}")([x, present[:, i]])
        for i, x in enumerate(inputs)
    ]
