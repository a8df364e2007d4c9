"""Image features and a bag of question words: the plain VQA baseline."""

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "vqa-cnn-bow",
    task="vqa",
    paper="https://arxiv.org/abs/1512.02167",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
    },
    recipe={"min_epochs": 8, "model": {"fusion": "product", "dropout": 0.0}},
)
def vqa_cnn_bow(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=128,
    dropout=0.1,
    image=None,
    question=None,
    fusion="concat",
):
    """Builds the simplest VQA model: iBOWIMG.

    As in the paper: the features of the image and the bag of the question's
    words are concatenated and classified.

    Departure from the paper: a hidden layer before the logits, which lets an
    answer depend on image and question jointly; convolutions are
    trained from scratch unless `image` is given.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.
        question: Text branch. Defaults to `branches.text.bow`.
        fusion: Layer that fuses the two, or the name of one.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"question"`,
        token ids of shape `(batch, length)`, and optionally `"presence"`,
        booleans of shape `(batch, 2)`, to logits of shape `(batch,
        num_classes)`.

    Reference:
        [Zhou et al., 2015](https://arxiv.org/abs/1512.02167)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = question or branches.text.bow(vocabulary_size, dim)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "question")
    presence = layers.presence_input(2)
    steps = [image_encoder(pixels), text_encoder(words)]
    logits = fusions.classification_head(
        fusion, steps, presence, num_classes, dim, dropout
    )
    inputs = {"image": pixels, "question": words, "presence": presence}
    return layers.MultimodalModel(inputs, logits, name="vqa_cnn_bow")
