"""Fuses the outputs of branches and classifies."""

import keras

from mmkeras import layers
from mmkeras.fusion.get import get


def classification_head(
    fusion, steps, presence, num_classes=2, dim=128, dropout=0.3
):
    """Fuses modalities and classifies them, with any fusion.

    Fusions of vectors get the mean over each modality's steps, fusions of
    sequences the steps themselves. Missing modalities are replaced by learned
    tokens. The fused vector goes through a hidden layer; `Late` fuses the
    logits of each modality instead.

    Args:
        fusion: A fusion layer, or the name of one.
        steps: List of n tensors of shape `(batch, length_i, dim_i)`, outputs of
            layers in a functional model.
        presence: Boolean tensor of shape `(batch, n)`; see
            `mmkeras.layers.presence_input`.
        num_classes: int. Number of classes.
        dim: int. Size of the fused vector, if the fusion has one, and of the
            hidden layer.
        dropout: float in [0, 1). Before the logits.

    Returns:
        Logits of shape `(batch, num_classes)`, float32.
    """
    fuse = get(fusion, dim=dim, name="fusion")
    if not getattr(fuse, "takes_sequences", False):
        steps = [_pooled(x, f"pool_{i}") for i, x in enumerate(steps)]
    if getattr(fuse, "takes_logits", False):
        logits = [
            _logits(x, num_classes, dropout, f"logits_{i}")
            for i, x in enumerate(steps)
        ]
        mask = layers.Presence(len(logits), name="presence_mask")
        return fuse(logits, presence=mask(logits[0], presence=presence))
    x = fuse(layers.replace_missing(steps, presence))
    x = _pooled(x, "mean") if len(x.shape) == 3 else x
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    return _logits(x, num_classes, dropout, "logits")


def _pooled(x, name):
    return layers.MaskedPool(name=name)(x)


def _logits(x, num_classes, dropout, name):
    x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return keras.layers.Dense(num_classes, dtype="float32", name=name)(x)
