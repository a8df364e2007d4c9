"""A convolutional network: the image baseline."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-cnn",
    task="classify",
    paper="https://ieeexplore.ieee.org/document/726791",
    tiny={"num_classes": 3, "image_shape": (16, 16, 3), "dim": 8},
)
def classify_image_cnn(
    num_classes=2, image_shape=(64, 64, 3), dim=128, dropout=0.3, image=None
):
    """Builds a classifier of images: convolutions, pooling, one layer.

    Args:
        num_classes: int. Number of classes, or of labels.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of the last convolution and of the hidden layer.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, to logits of
        shape `(batch, num_classes)`.

    Reference:
        [LeCun et al., 1998](https://ieeexplore.ieee.org/document/726791)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    pixels = layers.input_like(image_encoder, "image")
    x = layers.MaskedPool(name="image_features")(image_encoder(pixels))
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"image": pixels}, logits, name="classify_image_cnn")
