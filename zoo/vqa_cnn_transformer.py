"""Transformer co-attention: regions attend to regions and to words."""

import keras

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "vqa-cnn-transformer",
    task="vqa",
    paper="https://arxiv.org/abs/1906.10770",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
        "depth": 1,
    },
)
def vqa_cnn_transformer(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=256,
    dropout=0.1,
    image=None,
    question=None,
    depth=2,
):
    """Builds a modular co-attention network (MCAN), encoder and decoder.

    As in the paper: LSTM outputs of the words attend to each other, `depth`
    times; the regions attend to each other and then to the words, `depth`
    times; both are averaged with weights from a hidden layer (for the regions,
    the layer `attention`), and their sum is classified.

    Departure from the paper: norms come before each attention and after its
    feed-forward layer, which the regions' self-attention has as well;
    convolutions are trained from scratch unless `image` is given, and each
    region has its coordinates.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of a word and of a region; a multiple of 4, the heads.
        dropout: float in [0, 1). In the attention.
        image: Image branch. Defaults to `branches.image.cnn`.
        question: Branch of word vectors. Defaults to learned ones.
        depth: int. Number of attentions of each kind.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"question"`,
        token ids of shape `(batch, length)`, and optionally `"presence"`,
        booleans of shape `(batch, 2)`, to logits of shape `(batch,
        num_classes)`.

    Reference:
        [Yu et al., 2019](https://arxiv.org/abs/1906.10770)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = question or branches.text.words(
        vocabulary_size, min(dim, 300)
    )
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "question")
    presence = layers.presence_input(2)
    image_features = image_encoder(pixels)
    rows = (image_features.shape[1] * image_shape[0] / image_shape[1]) ** 0.5
    image_features = layers.CoordinateGrid(max(round(rows), 1), name="grid")(
        image_features
    )
    image_features = keras.layers.Reshape(
        (-1, image_features.shape[-1]), name="positions"
    )(image_features)
    image_features, question_features = layers.replace_missing(
        [image_features, text_encoder(words)], presence
    )
    question_features = layers.LSTM(dim, return_sequences=True, name="lstm")(
        question_features
    )

    def attend(x, others, name):
        block = fusions.CrossAttention(dim, 4, dropout, name=name)
        return block([x, others])

    for i in range(depth):
        question_features = attend(
            question_features, question_features, f"words_{i}"
        )
    for i in range(depth):
        image_features = attend(image_features, image_features, f"regions_{i}")
        image_features = attend(image_features, question_features, f"ask_{i}")
    parts = []
    for x, name in (
        (question_features, "words_attention"),
        (image_features, "attention"),
    ):
        scores = keras.layers.Dense(dim, "relu", name=f"{name}_hidden")(x)
        scores = keras.layers.Dense(1, name=f"{name}_scores")(scores)
        pooled = keras.ops.matmul(
            layers.AttentionWeights(name=name)([scores, x]), x
        )[:, 0]
        parts.append(keras.layers.Dense(dim, name=f"{name}_out")(pooled))
    x = keras.layers.Add(name="fusion")(parts)
    x = keras.layers.LayerNormalization(name="norm")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {"image": pixels, "question": words, "presence": presence}
    return layers.MultimodalModel(inputs, logits, name="vqa_cnn_transformer")
