"""Embeddings from elsewhere, classified: the probe of a pretrained encoder."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-features-mlp",
    task="classify",
    paper="https://arxiv.org/abs/1610.01644",
    tiny={"classes": 3, "features_shape": (6,), "dim": 8},
)
def classify_features_mlp(
    classes=2, features_shape=(512,), dim=128, dropout=0.3, features=None
):
    """Builds a classifier of features: their mean, then a hidden layer.

    Departure from the paper, whose probes are linear: a hidden layer.

    Args:
        classes: int. Number of classes, or of labels.
        features_shape: Tuple `(size,)` of one vector, or `(length, size)` of
            a sequence; steps of zeros only are padding.
        dim: int, even for sequences. Size of the branch's features and of the
            hidden layer.
        dropout: float in [0, 1).
        features: Branch to encode with. Defaults to
            `branches.features.dense` for vectors, `branches.features.gru`
            for sequences.

    Returns:
        A model from `"features"`, shape `(batch, *features_shape)`, to logits
        of shape `(batch, classes)`.

    Raises:
        ValueError: If `features_shape` is neither.

    Reference:
        [Alain & Bengio, 2016](https://arxiv.org/abs/1610.01644)
    """
    is_sequence = len(features_shape) == 2
    make = branches.features.gru if is_sequence else branches.features.dense
    encoder = features or make(features_shape, dim)
    x = layers.input_of(encoder, "features")
    inputs = {"features": x}
    x = layers.MaskedPool(name="mean")(encoder(x))
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="classify_features_mlp")
