"""A Transformer over words, or a pretrained one, classified."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-text-transformer",
    task="classify",
    paper="https://arxiv.org/abs/1706.03762",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "dim": 8,
        "depth": 1,
        "heads": 2,
    },
    recipe={"learning_rate": 5e-4},
)
def classify_text_transformer(
    num_classes=2,
    vocabulary_size=5000,
    dim=128,
    depth=2,
    heads=4,
    dropout=0.3,
    text=None,
):
    """Builds a classifier of texts: the mean of encoded words, two layers.

    Departure from the paper: it has no decoder; the mean of the words is
    classified, as in [Sentence-BERT](https://arxiv.org/abs/1908.10084).

    Args:
        num_classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of words and of the hidden layer.
        depth: int. Number of Transformer blocks of the default branch.
        heads: int. Attention heads of the default branch; divides `dim`.
        dropout: float in [0, 1). Of the mean and of the hidden layer.
        text: Text branch. Defaults to `branches.text.transformer`.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, to logits
        of shape `(batch, num_classes)`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """
    text_encoder = text or branches.text.transformer(
        vocabulary_size, dim, depth=depth, heads=heads
    )
    words = layers.input_like(text_encoder, "text")
    x = layers.MaskedPool(name="text_features")(text_encoder(words))
    x = keras.layers.Dropout(dropout, name="text_dropout")(x)
    x = keras.layers.Dense(dim, "gelu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(
        {"text": words}, logits, name="classify_text_transformer"
    )
