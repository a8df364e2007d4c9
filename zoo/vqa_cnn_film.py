"""FiLM: the question scales and shifts the image features."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "vqa-cnn-film",
    task="vqa",
    paper="https://arxiv.org/abs/1709.07871",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
        "depth": 1,
    },
)
def vqa_cnn_film(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=128,
    dropout=0.0,
    image=None,
    question=None,
    depth=4,
):
    """Builds a network with residual blocks modulated by the question.

    As in the paper: a GRU encodes the question; from its last state, a linear
    layer predicts gamma and beta of each block,

        y = relu(W x),  x = y + relu((1 + gamma) norm(conv(y)) + beta)

    with coordinates appended to the features of each region. A last
    convolution, the maximum over all regions and a hidden layer predict the
    answer. The layer `attention` is the input of the maximum.

    Departure from the paper: the GRU has 4 `dim` units, the last convolution
    and the hidden layer 4 and 8 `dim`.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Features of a region.
        dropout: float in [0, 1). Before the logits.
        image: Image branch. Defaults to `branches.image.cnn`.
        question: Branch of word vectors. Defaults to learned ones of size 200.
        depth: int. Residual blocks.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"question"`,
        token ids of shape `(batch, length)`, and optionally `"presence"`,
        booleans of shape `(batch, 2)`, to logits of shape `(batch,
        num_classes)`.

    Reference:
        [Perez et al., 2018](https://arxiv.org/abs/1709.07871)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = question or branches.text.words(vocabulary_size, 200)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "question")
    presence = layers.presence_input(2)
    x, question_features = layers.replace_missing(
        [image_encoder(pixels), text_encoder(words)], presence
    )
    height, width = image_shape[:2]
    rows = max(round((x.shape[1] * height / width) ** 0.5), 1)
    question_features = layers.GRU(4 * dim, name="question_features")(
        question_features
    )
    x = layers.CoordinateGrid(rows, name="grid")(x)
    for i in range(depth):
        film = keras.layers.Dense(2 * dim, name=f"film_{i}")(question_features)[
            :, None, None
        ]
        y = keras.layers.Conv2D(dim, 1, activation="relu", name=f"in_{i}")(x)
        x = keras.layers.Conv2D(dim, 3, padding="same", name=f"conv_{i}")(y)
        x = keras.layers.BatchNormalization(
            center=False, scale=False, name=f"norm_{i}"
        )(x)
        x = y + keras.ops.relu((1 + film[..., :dim]) * x + film[..., dim:])
        x = keras.layers.Reshape((-1, dim), name=f"regions_{i}")(x)
        x = layers.CoordinateGrid(rows, name=f"grid_{i}")(x)
    x = keras.layers.Conv2D(4 * dim, 1, activation="relu", name="out")(x)
    x = keras.layers.Reshape((-1, 4 * dim), name="attention")(x)
    x = keras.layers.GlobalMaxPooling1D(name="maximum")(x)
    x = keras.layers.Dense(8 * dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {"image": pixels, "question": words, "presence": presence}
    return layers.MultimodalModel(inputs, logits, name="vqa_cnn_film")
