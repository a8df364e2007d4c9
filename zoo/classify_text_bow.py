"""A bag of words, classified: the text baseline."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-text-bow",
    task="classify",
    paper="https://arxiv.org/abs/1607.01759",
    tiny={"num_classes": 3, "vocabulary_size": 11, "dim": 8},
)
def classify_text_bow(
    num_classes=2, vocabulary_size=5000, dim=128, dropout=0.3, text=None
):
    """Builds a classifier of texts: the mean of word vectors, then one layer.

    Args:
        num_classes: int. Number of classes, or of labels.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of word vectors and of the hidden layer.
        dropout: float in [0, 1).
        text: Text branch. Defaults to `branches.text.bow`.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, to logits
        of shape `(batch, num_classes)`.

    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759)
    """
    text_encoder = text or branches.text.bow(vocabulary_size, dim)
    words = layers.input_like(text_encoder, "text")
    x = layers.MaskedPool(name="text_features")(text_encoder(words))
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"text": words}, logits, name="classify_text_bow")
