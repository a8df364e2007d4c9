"""Pools the steps of a branch into an embedding."""

import keras
from keras import ops

from mmkeras.layers.attention_weights import AttentionWeights
from mmkeras.layers.pool import MaskedPool


def embedding_head(x, dim, dropout=0.0, name="embedding"):
    """Pools steps by their mean and by attention, and projects the two.

        p = W norm([mean of x; attended x]),  y = p + V gelu(U p)

    Args:
        x: Symbolic tensor of shape `(batch, length, dim_in)`, with or without
            a mask. Of a single step there is no attention.
        dim: int. Size of the embedding.
        dropout: float in [0, 1). Of the pooled features and of the hidden
            layer.
        name: First part of the names of the layers.

    Returns:
        Symbolic tensor of shape `(batch, dim)`.
    """
    steps = x
    x = MaskedPool(name=f"{name}_mean")(steps)
    if steps.shape[1] != 1:
        scores = keras.layers.Dense(1, name=f"{name}_scores")(steps)
        weights = AttentionWeights(name=f"{name}_attention")([scores, steps])
        attended = ops.squeeze(ops.matmul(weights, steps), axis=1)
        x = ops.concatenate([x, attended], axis=-1)
    x = keras.layers.LayerNormalization(name=f"{name}_norm")(x)
    x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
    x = keras.layers.Dense(dim, name=f"{name}_dense")(x)
    y = keras.layers.Dense(dim, "gelu", name=f"{name}_hidden")(x)
    y = keras.layers.Dropout(dropout, name=f"{name}_hidden_dropout")(y)
    return x + keras.layers.Dense(dim, name=f"{name}_residual")(y)
