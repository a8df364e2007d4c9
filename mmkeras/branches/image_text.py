"""The two encoders of CLIP, SigLIP and MetaCLIP 2, one branch each.

The embeddings are those of the published networks, behind their projections,
and before they are divided by their lengths.
"""

import keras
from keras import ops

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
        trainable: bool. Whether to fine-tune the encoder.
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
        ValueError: If the encoder takes images of another size.
    """
    expected = tuple(backbone.vision_encoder.image_shape)
    if shape is not None and tuple(shape) != expected:
        raise ValueError(
            f"The image encoder of {type(backbone).__name__} takes images of "
            f"the shape {expected}. Received: {tuple(shape)}. Leave out "
            f"data.image_size, or set data.image_size={expected[0]}."
        )
    backbone.trainable = trainable
    pixels = keras.Input(expected, name="pixels")
    x = keras.layers.Rescaling(scale, offset, name="bytes")(pixels)
    if pooled:
        x = ops.expand_dims(backbone.get_vision_embeddings(x), 1)
    else:
        x = _steps(backbone, x)
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


def _steps(backbone, x):
    """Embeddings of an image and its patches."""
    encoder = backbone.vision_encoder
    if not hasattr(backbone, "vision_projection"):  # Pools in the encoder.
        states = encoder.post_layer_norm.output
        both = keras.Model(
            encoder.input, [encoder.output, states], name=encoder.name
        )
        embedding, x = both({"images": x})
        return ops.concatenate([ops.expand_dims(embedding, 1), x], axis=1)
    x = encoder({"images": x})
    norm = getattr(backbone, "vision_post_layer_norm", None)
    return backbone.vision_projection(x if norm is None else norm(x))
