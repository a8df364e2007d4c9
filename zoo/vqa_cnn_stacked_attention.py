"""Stacked attention: the question attends to the image repeatedly."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "vqa-cnn-stacked-attention",
    task="vqa",
    paper="https://arxiv.org/abs/1511.02274",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
    },
)
def vqa_cnn_stacked_attention(
    num_classes=1000,
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=512,
    dropout=0.5,
    image=None,
    question=None,
    depth=2,
):
    """Builds a stacked attention network (SAN).

    As in the paper, with v_i the regions through a tanh layer and u_0 the
    LSTM's last state, each attention refines the query:

        h_i = tanh(W v_i + U u_(k-1) + b),  p = softmax(w . h_i)
        u_k = sum_i p_i v_i + u_(k-1)

    and the last u is classified.

    Departure from the paper: convolutions are trained from scratch unless
    `image` is given; h is half as wide as v.

    Args:
        num_classes: int. Number of answers.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int, at least 2. Size of a region and of the LSTM.
        dropout: float in [0, 1). Before the logits.
        image: Image branch. Defaults to `branches.image.cnn`.
        question: Branch of word vectors. Defaults to learned ones.
        depth: int. Number of attentions, the layers `attention_0`, ...

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"question"`,
        token ids of shape `(batch, length)`, and optionally `"presence"`,
        booleans of shape `(batch, 2)`, to logits of shape `(batch,
        num_classes)`.

    Reference:
        [Yang et al., 2016](https://arxiv.org/abs/1511.02274)
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
    x, question_features = layers.replace_missing(
        [image_encoder(pixels), text_encoder(words)], presence
    )
    x = keras.layers.Dense(dim, "tanh", name="regions")(x)
    query = layers.LSTM(dim, name="question_features")(question_features)
    for i in range(depth):
        keys = keras.layers.Dense(dim // 2, name=f"keys_{i}", use_bias=False)(x)
        projected = keras.layers.Dense(dim // 2, name=f"query_{i}")(query)
        hidden = keras.ops.tanh(keys + projected[:, None])
        scores = keras.layers.Dense(1, name=f"scores_{i}")(hidden)
        weights = layers.AttentionWeights(name=f"attention_{i}")([scores, x])
        query = query + keras.ops.matmul(weights, x)[:, 0]
    query = keras.layers.Dropout(dropout, name="dropout")(query)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(
        query
    )
    inputs = {"image": pixels, "question": words, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="vqa_cnn_stacked_attention"
    )
