"""The two encoders of CLIP, SigLIP and MetaCLIP 2, one branch each.

The embeddings are those of the published networks, behind their projections,
and before they are divided by their lengths.
"""

import keras
from keras import ops

from mmkeras.branches.parts import call
from mmkeras.branches.parts import split
from mmkeras.branches.token_ids import backbone_ids
from mmkeras.branches.token_ids import max_length

_ENCODERS = ("vision_encoder", "text_encoder")
_EMBEDDINGS = ("get_vision_embeddings", "get_text_embeddings")


def is_pair(backbone):
    """Whether a backbone embeds images and texts in one space."""
    return all(hasattr(backbone, x) for x in (*_ENCODERS, *_EMBEDDINGS))


def image(
    backbone,
    scale=255.0,
    offset=0.0,
    trainable=False,
    pooled=True,
    shape=None,
    name="encoder",
):
    """The image encoder.

    Args:
        backbone: A `CLIPBackbone`, `SigLIPBackbone` or `MetaCLIP2Backbone` of
            KerasHub.
        scale: float, or one per channel: factor of pixels in [0, 1].
        offset: float, or one per channel: added behind.
        trainable: bool, or the name of a layer. Whether to fine-tune the
            encoder, or from which layer on; see `image.application`.
        pooled: bool. Whether to return the embedding of the image alone, not
            also those of its patches, behind the same projection if there is
            one.
        shape: Tuple `(height, width, channels)` of one image, or `None`.
        name: Name of the branch.

    Returns:
        A model from `(batch, height, width, channels)` pixels in [0, 1] to
        `(batch, 1, dim)` or `(batch, 1 + patches, dim)` features, the
        embedding of the image first.

    Raises:
        ValueError: If the encoder takes images of another size, has no such
            layer, or cannot be split before it.
    """
    expected = tuple(backbone.vision_encoder.image_shape)
    if shape is not None and tuple(shape) != expected:
        raise ValueError(
            f"The image encoder of {type(backbone).__name__} takes images of "
            f"the shape {expected}. Received: {tuple(shape)}. Leave out "
            f"data.image_size, or set data.image_size={expected[0]}."
        )
    backbone.trainable = bool(trainable)
    pixels = keras.Input(expected, name="pixels")
    x = keras.layers.Rescaling(scale, offset, name="bytes")(pixels)
    encoder = _encoder(backbone, pooled)
    if isinstance(trainable, str):
        start, encoder = split(encoder, trainable)
        x = keras.layers.Identity(name="frozen")(call(start, x))
    x = _embeddings(backbone, call(encoder, x), pooled)
    return keras.Model(pixels, x, name=name)


def text(backbone, padding=0, trainable=False, offset=0, name="text_encoder"):
    """The text encoder.

    Args:
        backbone: As of `image`.
        padding: int. The id of padding in the backbone's vocabulary.
        trainable: bool. Whether to fine-tune the encoder.
        offset: int. As of `text.hub`.
        name: Name of the branch.

    Returns:
        A model from `(batch, length)` ids to the embeddings of texts,
        `(batch, 1, dim)`.
    """
    backbone.trainable = trainable
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    ids, _ = backbone_ids(tokens, padding, offset)
    if not hasattr(backbone, "text_pooler"):  # Takes the last id's features.
        limit = max_length(backbone)
        blank = [(0, 0), (0, limit)]
        ids = ops.pad(ids, blank, constant_values=padding)[:, :limit]
    x = ops.expand_dims(backbone.get_text_embeddings(ids), 1)
    return keras.Model(tokens, x, name=name)


def scale_and_bias(backbone):
    """The factor of cosines and the bias of logits of a backbone.

    Args:
        backbone: As of `image`.

    Returns:
        Tuple of the logarithm of the factor, and the bias or `None`: floats.
    """
    weights = {
        weight.name: float(ops.convert_to_numpy(weight))
        for weight in backbone.weights
        if weight.name in ("logit_scale", "logit_bias")
    }
    return weights["logit_scale"], weights.get("logit_bias")


def _encoder(backbone, pooled):
    """The image encoder; if it pools, also with what it pools."""
    encoder = backbone.vision_encoder
    if hasattr(backbone, "vision_pooler"):
        return encoder
    # From its layers: KerasHub counts one patch too many before they are run.
    pixels = keras.Input(encoder.image_shape, name="images")
    x = encoder.embedding(pixels)
    shape = (-1, encoder.embedding.num_positions, x.shape[-1])
    x = ops.reshape(x, shape)
    for layer in (*encoder.encoder_layers, encoder.post_layer_norm):
        x = layer(x)
    outputs = encoder.head(x) if pooled else [encoder.head(x), x]
    return keras.Model(pixels, outputs, name=encoder.name)


def _embeddings(backbone, x, pooled):
    """Embeddings of an image, and of its patches unless they are pooled."""
    if not hasattr(backbone, "vision_pooler"):
        image, *patches = [x] if pooled else x
        return ops.concatenate([ops.expand_dims(image, 1), *patches], axis=1)
    if pooled:
        x = ops.expand_dims(backbone.vision_pooler(x), 1)
    norm = getattr(backbone, "vision_post_layer_norm", None)
    return backbone.vision_projection(x if norm is None else norm(x))
