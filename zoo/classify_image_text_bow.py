"""Image features and a bag of words: the classic multimodal baseline."""

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-image-text-bow",
    task="classify",
    paper="https://arxiv.org/abs/1512.02167",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
    },
)
def classify_image_text_bow(
    num_classes=2,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=128,
    dropout=0.3,
    image=None,
    text=None,
    fusion="concat",
):
    """Builds a classifier of images with text; either may be absent.

    Convolutions with pooling encode the image, the mean of word vectors the
    text, and a fully connected layer classifies both.

    Args:
        num_classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch. Defaults to `branches.text.bow`.
        fusion: Layer that fuses the two, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"text"`, token
        ids of shape `(batch, length)`, and optionally `"presence"`, booleans
        of shape `(batch, 2)`, to logits of shape `(batch, num_classes)`.

    Reference:
        [Zhou et al., 2015](https://arxiv.org/abs/1512.02167)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.bow(vocabulary_size, dim)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    presence = layers.presence_input(2)
    steps = [image_encoder(pixels), text_encoder(words)]
    logits = fusions.classification_head(
        fusion, steps, presence, num_classes, dim, dropout
    )
    inputs = {"image": pixels, "text": words, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="classify_image_text_bow"
    )
