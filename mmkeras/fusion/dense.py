"""Dense layers of fusions."""

import keras


def dense(layer, shape, units, name, activation=None, use_bias=True):
    """Builds a dense layer with the precision of a layer.

    Args:
        layer: The layer that contains it.
        shape: Shape of its input.
        units: int.
        name: str.
        activation: See `keras.layers.Dense`.
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
