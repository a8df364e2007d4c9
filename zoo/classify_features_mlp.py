"""Precomputed embeddings, classified: a probe of their encoder."""

import keras

from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-features-mlp",
    task="classify",
    paper="https://arxiv.org/abs/1610.01644",
    tiny={"num_classes": 3, "features_shape": (6,), "dim": 8},
)
def classify_features_mlp(
    num_classes=2, features_shape=(512,), dim=128, dropout=0.3
):
    """Builds a classifier of features: normalised, then a hidden layer.

    The features of a sequence are the mean of its steps. Features of any
    scale are normalised over the batch, without weights, as He et al. do.

    Departure from the paper, whose probes are linear: a hidden layer.

    Args:
        num_classes: int. Number of classes, or of labels.
        features_shape: Tuple `(size,)` of one vector, or `(length, size)` of
            a sequence; an all-zero step is padding.
        dim: int. Size of the hidden layer.
        dropout: float in [0, 1). Before the hidden layer and the logits.

    Returns:
        A model from `"features"`, shape `(batch, *features_shape)`, to logits
        of shape `(batch, num_classes)`.

    Reference:
        [Alain and Bengio, 2016](https://arxiv.org/abs/1610.01644); the
        normalisation: [He et al., 2021](https://arxiv.org/abs/2111.06377)
    """
    features = keras.Input(features_shape, name="features")
    x = features
    if len(features_shape) == 2:
        present = keras.ops.any(keras.ops.not_equal(x, 0), axis=-1)
        x = layers.AttachMask(name="padding")([x, present])
        x = layers.MaskedPool(name="mean")(x)
    norm = keras.layers.BatchNormalization(
        center=False, scale=False, name="norm"
    )
    x = norm(x)
    x = keras.layers.Dropout(dropout, name="features_dropout")(x)
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(
        {"features": features}, logits, name="classify_features_mlp"
    )
