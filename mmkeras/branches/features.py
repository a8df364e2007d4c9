"""Branches for precomputed features."""

import keras

from mmkeras import arguments
from mmkeras.layers import GRU
from mmkeras.layers import AttachMask


def dense(shape, dim=128, dropout=0.2, name="features_encoder"):
    """A dense layer on one vector per example.

    Args:
        shape: Tuple `(size,)` of one vector.
        dim: int. Size of the output features.
        dropout: float in [0, 1). Of the input.
        name: Name of the branch.

    Returns:
        A model from `(batch, size)` features to `(batch, 1, dim)` features.

    Raises:
        ValueError: If `shape` is not that of a vector.
    """
    _check(shape, 1, "(size,), a vector")
    vector = keras.Input(shape, name="vector")
    x = keras.layers.LayerNormalization(name="norm")(vector)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Dense(dim, "relu", name="dense")(x)
    x = keras.layers.Reshape((1, dim), name="step")(x)
    return keras.Model(vector, x, name=name)


def gru(shape, dim=128, dropout=0.2, name="features_encoder"):
    """A bidirectional GRU over a sequence of features, as of video frames.

    Args:
        shape: Tuple `(length, size)` of one sequence; `length` may be `None`.
            A step that is all zeros is padding.
        dim: int, even. Size of a step's features, half of them from each
            direction.
        dropout: float in [0, 1). Of the input.
        name: Name of the branch.

    Returns:
        A model from `(batch, length, size)` to `(batch, length, dim)`.

    Raises:
        ValueError: If `shape` is not that of a sequence, or `dim` is odd.
    """
    _check(shape, 2, "(length, size), a sequence")
    arguments.check_even(dim)
    steps = keras.Input(shape, name="steps")
    mask = keras.ops.any(keras.ops.not_equal(steps, 0), axis=-1)
    x = keras.layers.LayerNormalization(name="norm")(steps)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = AttachMask(name="padding")([x, mask])
    cell = GRU(dim // 2, return_sequences=True)
    x = keras.layers.Bidirectional(cell, name="bidirectional")(x)
    return keras.Model(steps, x, name=name)


def _check(shape, axes, expected):
    if len(shape) != axes:
        raise ValueError(
            f"`shape` must be {expected}. Received: shape={tuple(shape)}"
        )
