"""Gated multimodal units, as for classifying films by genre."""

import keras

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-text-gated",
    task="classify",
    paper="https://arxiv.org/abs/1702.01992",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
    },
)
def classify_image_text_gated(
    num_classes=2,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=512,
    dropout=0.5,
    image=None,
    text=None,
    fusion="gated",
):
    """Builds a classifier of images with text; either may be absent.

    As in the paper: the mean of word vectors and the image's features, each
    batch-normalised, are fused by a gated unit; two maxout layers classify.

    Departure from the paper: an image's features come from convolutions
    trained from scratch; pass a pretrained network as `image`.

    Args:
        num_classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of the gated unit and of the maxout layers.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch. Defaults to `branches.text.bow`.
        fusion: Layer that fuses two vectors, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"text"`, token
        ids of shape `(batch, length)`, and optionally `"presence"`, booleans
        of shape `(batch, 2)`, to logits of shape `(batch, num_classes)`.

    Reference:
        [Arevalo et al., 2017](https://arxiv.org/abs/1702.01992)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.bow(vocabulary_size, min(dim, 300))
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    presence = layers.presence_input(2)
    image_features = layers.MaskedPool(name="image_features")(
        image_encoder(pixels)
    )
    text_features = layers.MaskedPool(name="text_features")(text_encoder(words))
    image_features = keras.layers.BatchNormalization(name="image_norm")(
        image_features
    )
    text_features = keras.layers.BatchNormalization(name="text_norm")(
        text_features
    )
    fuse = fusions.get(fusion, dim=dim, name="fusion")
    x = fuse(layers.replace_missing([image_features, text_features], presence))
    for i in range(2):  # Maxout of two pieces.
        x = keras.layers.Dropout(dropout, name=f"dropout_{i}")(x)
        x = keras.layers.Dense(2 * dim, name=f"pieces_{i}")(x)
        x = keras.ops.maximum(x[:, :dim], x[:, dim:])
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {"image": pixels, "text": words, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="classify_image_text_gated"
    )
