"""Transformer blocks over the regions of another branch of images."""

import keras

from mmkeras import arguments

_CUT = "frozen"  # Name of the layer at which a branch is split.


def transformer(
    encoder, dim=256, depth=1, heads=4, dropout=0.1, name="encoder"
):
    """Transformer blocks over the regions of another branch.

    What a frozen network cannot learn, these blocks can: they belong to the
    branch, and go with it to other models.

        x = W norm(regions) + positions;  y = norm'(blocks(x))

    Args:
        encoder: A branch of images, e.g. a pretrained network.
        dim: int. Size of a region's features.
        depth: int. Number of Transformer blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        name: Name of the branch.

    Returns:
        A model from the pixels that `encoder` takes to `(batch, regions, dim)`
        features. If `encoder` is frozen, or its first layers are, the layer
        `"frozen"` returns the output of this part, which can be cached.

    Raises:
        ValueError: If `heads` does not divide `dim`, or the number of regions
            is not fixed.

    Reference:
        [Carion et al., 2020](https://arxiv.org/abs/2005.12872)
    """
    import keras_hub  # Late: it takes half a second.

    arguments.check_heads(dim, heads)
    regions = encoder.output_shape[1]
    if regions is None:
        raise ValueError(
            "`encoder` must return a fixed number of regions. Received: "
            f"{encoder.name} with outputs of shape {encoder.output_shape}"
        )
    pixels = keras.Input(encoder.input_shape[1:], name="pixels")
    x = pixels
    frozen, trained = _split(encoder)
    if frozen:
        x = keras.layers.Identity(name=_CUT)(frozen(x))
    if trained:
        x = trained(x)
    x = keras.layers.LayerNormalization(name="norm_regions")(x)
    x = keras.layers.Dense(dim, name="project")(x)
    x += keras_hub.layers.PositionEmbedding(regions, name="positions")(x)
    for i in range(depth):
        x = keras_hub.layers.TransformerEncoder(
            4 * dim,
            heads,
            dropout,
            "gelu",
            normalize_first=True,
            name=f"block_{i}",
        )(x)
    x = keras.layers.LayerNormalization(name="norm")(x)
    return keras.Model(pixels, x, name=name)


def _split(encoder):
    """Splits a branch into a frozen and a trained part, `None` if empty."""
    if encoder.weights and not encoder.trainable_weights:
        return encoder, None
    if _CUT not in [layer.name for layer in encoder.layers]:
        return None, encoder
    cut = encoder.get_layer(_CUT).output
    return (
        keras.Model(encoder.input, cut, name=f"{encoder.name}_stem"),
        keras.Model(cut, encoder.output, name=f"{encoder.name}_top"),
    )
