"""Branches for the numbers and categories of a row of a table."""

import keras


def mlp(shape, dim=128, dropout=0.2, name="tabular_encoder"):
    """Two dense layers on an encoded row.

    The first one's weights of a one-hot category are its embedding.

    Args:
        shape: Tuple `(size,)` of one row: standardised numbers and one-hot
            categories, as of `codecs.Tabular`.
        dim: int. Size of both layers.
        dropout: float in [0, 1). Between them.
        name: Name of the branch.

    Returns:
        A model from `(batch, size)` rows to `(batch, 1, dim)` features.

    Raises:
        ValueError: If `shape` is not that of a vector.
    """
    if len(shape) != 1:
        raise ValueError(
            f"`shape` must be (size,), a vector. Received: shape={shape}"
        )
    vector = keras.Input(shape, name="vector")
    x = keras.layers.Dense(dim, "relu", name="embedding")(vector)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = keras.layers.Dense(dim, "relu", name="dense")(x)
    x = keras.layers.Reshape((1, dim), name="step")(x)
    return keras.Model(vector, x, name=name)
