"""The product of LSTM features of a question and features of an image."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "vqa-cnn-lstm",
    task="vqa",
    paper="https://arxiv.org/abs/1505.00468",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
    },
)
def vqa_cnn_lstm(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=512,
    dropout=0.5,
    image=None,
    question=None,
    depth=2,
):
    """Builds the network of the first VQA paper: deeper LSTM Q + norm I.

    As in the paper: the last states of all LSTMs, hidden and cell, are
    projected to the size of the image features, which are normalised to one
    length; both go through tanh and are multiplied, and two layers predict the
    answer.

    Departure from the paper: convolutions are trained from scratch unless
    `image` is given, and the regions averaged; the length of the image's
    features is the root of `dim`, not 1, times learned scales.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int, at least 2. Size of the factors of the product; an LSTM has
            half of it.
        dropout: float in [0, 1). Before each of the last two layers.
        image: Image branch. Defaults to `branches.image.cnn`.
        question: Branch of word vectors. Defaults to learned ones.
        depth: int. Number of stacked LSTMs.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"question"`,
        token ids of shape `(batch, length)`, and optionally `"presence"`,
        booleans of shape `(batch, 2)`, to logits of shape `(batch,
        num_classes)`.

    Reference:
        [Antol et al., 2015](https://arxiv.org/abs/1505.00468)
    """
    arguments.check_minimum("dim", dim, 2)
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = question or branches.text.words(
        vocabulary_size, min(dim, 300)
    )
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "question")
    presence = layers.presence_input(2)
    regions, x = layers.replace_missing(
        [image_encoder(pixels), text_encoder(words)], presence
    )
    states = []
    for i in range(depth):
        lstm = layers.LSTM(
            dim // 2, return_sequences=True, return_state=True, name=f"lstm_{i}"
        )
        x, *last = lstm(x)
        states += last
    question_features = keras.layers.Concatenate(name="states")(states)
    question_features = keras.layers.Dense(
        dim, "tanh", name="question_features"
    )(question_features)
    image_features = layers.MaskedPool(name="mean")(regions)
    image_features = keras.layers.RMSNormalization(name="norm")(image_features)
    image_features = keras.layers.Dense(dim, "tanh", name="image_features")(
        image_features
    )
    x = keras.layers.Multiply(name="fusion")(
        [image_features, question_features]
    )
    x = keras.layers.Dropout(dropout, name="dropout_0")(x)
    x = keras.layers.Dense(dim, "tanh", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout_1")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {"image": pixels, "question": words, "presence": presence}
    return layers.MultimodalModel(inputs, logits, name="vqa_cnn_lstm")
