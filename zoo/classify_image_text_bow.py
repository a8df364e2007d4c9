"""An image beside a bag of words: the classic of multimodal networks."""

import keras

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-text-bow",
    task="classify",
    paper="https://arxiv.org/abs/1512.02167",
    tiny={
        "classes": 3,
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
    },
)
def classify_image_text_bow(
    classes=2,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=128,
    dropout=0.3,
    image=None,
    text=None,
    fusion="concat",
):
    """Builds a classifier of images with words; either may be absent.

    Convolutions and pooling see, the mean of word vectors reads, and a fully
    connected layer judges from both.

    Args:
        classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        image: Branch to see with. Defaults to `branches.image.cnn`.
        text: Branch to read with. Defaults to `branches.text.bow`.
        fusion: Layer that fuses the two, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"text"`, token
        ids of shape `(batch, length)`, and `"presence"`, booleans of shape
        `(batch, 2)` or `None`, to logits of shape `(batch, classes)`.

    Reference:
        [Zhou et al., 2015](https://arxiv.org/abs/1512.02167)
    """
    eye = image or branches.image.cnn(image_shape, dim, name="image_encoder")
    reader = text or branches.text.bow(vocabulary_size, dim)
    pixels = layers.input_like(eye, "image")
    words = layers.input_like(reader, "text")
    there = layers.presence_input(2)
    steps = [eye(pixels), reader(words)]
    logits = fusions.classification_head(
        fusion, steps, there, classes, dim, dropout
    )
    inputs = {"image": pixels, "text": words, "presence": there}
    return keras.Model(inputs, logits, name="classify_image_text_bow")
