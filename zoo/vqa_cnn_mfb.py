"""Bilinear pooling with co-attention over words and regions."""

import keras

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "vqa-cnn-mfb",
    task="vqa",
    paper="https://arxiv.org/abs/1708.01471",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
    },
)
def vqa_cnn_mfb(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=256,
    dropout=0.1,
    image=None,
    question=None,
    glimpses=2,
):
    """Builds multi-modal factorized bilinear pooling with co-attention.

    As in the paper: attention pools the outputs of an LSTM over the words,
    with several glimpses; the result is fused with each region by MFB, from
    which attention pools the regions in the same way; both pooled features
    are fused by MFB again and classified.

    Departure from the paper: convolutions are trained from scratch unless
    `image` is given; the LSTM has `dim` units.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of a region, of the LSTM and of the fused features.
        dropout: float in [0, 1). Of words and in the fusions.
        image: Image branch. Defaults to `branches.image.cnn`.
        question: Branch of word vectors. Defaults to learned ones.
        glimpses: int. Number of attention weights per word and per region.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"question"`,
        token ids of shape `(batch, length)`, and optionally `"presence"`,
        booleans of shape `(batch, 2)`, to logits of shape `(batch,
        num_classes)`.

    Reference:
        [Yu et al., 2017](https://arxiv.org/abs/1708.01471)
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
    x, question_features = layers.replace_missing(
        [image_encoder(pixels), text_encoder(words)], presence
    )
    question_features = layers.LSTM(dim, return_sequences=True, name="lstm")(
        question_features
    )
    question_features = keras.layers.Dropout(dropout, name="dropout")(
        question_features
    )
    hidden = keras.layers.Dense(dim, "relu", name="words_hidden")(
        question_features
    )
    scores = keras.layers.Dense(glimpses, name="words_scores")(hidden)
    weights = layers.AttentionWeights(name="words_attention")(
        [scores, question_features]
    )
    attended = keras.ops.matmul(weights, question_features)
    attended = keras.layers.Reshape((glimpses * dim,), name="attended_words")(
        attended
    )
    tiled = keras.layers.RepeatVector(x.shape[1], name="tiled_words")(attended)
    parts = (x, tiled)
    flat = [keras.ops.reshape(part, (-1, part.shape[-1])) for part in parts]
    fused = fusions.MFB(dim, dropout=dropout, name="fusion_regions")(flat)
    fused = keras.ops.reshape(fused, (-1, x.shape[1], dim))
    hidden = keras.layers.Dense(dim, "relu", name="regions_hidden")(fused)
    scores = keras.layers.Dense(glimpses, name="regions_scores")(hidden)
    weights = layers.AttentionWeights(name="attention")([scores, x])
    image_features = keras.ops.matmul(weights, x)
    image_features = keras.layers.Reshape((-1,), name="image_features")(
        image_features
    )
    fuse = fusions.MFB(4 * dim, dropout=dropout, name="fusion")
    x = fuse([image_features, attended])
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {"image": pixels, "question": words, "presence": presence}
    return layers.MultimodalModel(inputs, logits, name="vqa_cnn_mfb")
