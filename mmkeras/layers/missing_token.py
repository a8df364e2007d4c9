"""Learned tokens for missing modalities."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class MissingToken(keras.layers.Layer):
    """Replaces missing inputs by a learned token.

    The values of a missing input have no effect, not even NaN.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of a tensor of shape `(batch, dim)` or `(batch, length,
            dim)`, and a boolean one of shape `(batch,)`, `False` where the
            first is missing.

    Returns:
        Tensor of the first's shape. The token replaces a missing vector, or
        the first step of a missing sequence, whose other steps are masked.

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
        x, present = inputs
        token = ops.cast(self.token, x.dtype)
        for _ in x.shape[1:]:
            present = ops.expand_dims(present, -1)
        return ops.where(present, x, token)

    def compute_mask(self, inputs, mask=None):
        x, present = inputs
        step_mask = mask[0] if mask and mask[0] is not None else None
        if len(x.shape) == 2 or _is_unknown(step_mask, x):
            return None
        steps = ops.cumsum(ops.ones_like(x[:, :, 0]), axis=1)  # From 1.
        step_mask = ops.greater(steps, 0) if step_mask is None else step_mask
        present = ops.expand_dims(present, -1)
        first = ops.equal(ops.cast(ops.round(steps), "int32"), 1)
        return ops.where(present, step_mask, first)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]


@keras.saving.register_keras_serializable(package="mmkeras")
class Presence(keras.layers.Layer):
    """Returns its presence mask, or one in which all are present.

    Args:
        modalities: int.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Any tensor, batch first.
        presence: Boolean tensor of shape `(batch, modalities)`, or `None` if
            all are present.

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


def _is_unknown(mask, x):
    """Whether the mask of `x` may only be known when the model is called.

    The output of a model within a model has no mask while the outer one is
    built. The mask of a symbolic tensor becomes part of the graph.
    """
    return mask is None and isinstance(x, keras.KerasTensor)


def replace_missing(inputs, presence=None):
    """Replaces missing modalities by learned tokens.

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
