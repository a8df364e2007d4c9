"""The dense layers that fusions are made of."""

import keras


def dense(layer, shape, units, name, activation=None, use_bias=True):
    """Builds a dense layer of a layer's own precision.

    Args:
        layer: The layer it is part of.
        shape: Shape of its input.
        units: int.
        name: str.
        activation: As of `keras.layers.Dense`.
        use_bias: bool.

    Returns:
        A built `keras.layers.Dense`.
    """
    part = keras.layers.Dense(
        units,
        activation,
        use_bias=use_bias,
        dtype=layer.dtype_policy,
        name=name,
    )
    part.build(shape)
    return part
