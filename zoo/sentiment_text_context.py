"""Utterances classified by their text in context: bc-LSTM with text only."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import layers
from mmkeras.registry import register


@register(
    "sentiment-text-context",
    task="sentiment",
    paper="https://aclanthology.org/P17-1081",
    tiny={"num_classes": 3, "text_shape": (5, 4), "dim": 8},
)
def sentiment_text_context(
    num_classes=2, text_shape=(63, 100), dim=200, dropout=0.5
):
    """Builds a classifier of all utterances of a video, from their text.

    It is the baseline of `sentiment-text-audio-video-context`: the same
    network with one modality.

    Args:
        num_classes: int. Number of classes.
        text_shape: Tuple `(utterances, size)` of the features of words.
        dim: int, even. Size of an utterance's features.
        dropout: float in [0, 1).

    Returns:
        A model from `"text"`, shape `(batch, utterances, size)`, zeros after
        the last utterance, to logits of shape `(batch, utterances,
        num_classes)`.

    Reference:
        [Poria et al., 2017](https://aclanthology.org/P17-1081)
    """
    arguments.check_even(dim)
    text = keras.Input(text_shape, name="text")
    utterance_mask = ops.any(ops.not_equal(text, 0), axis=-1)
    x = keras.layers.LayerNormalization(name="norm")(text)
    x = keras.layers.Dropout(dropout, name="noise")(x)
    for i in range(2):
        x = layers.AttachMask(name=f"padding_{i}")([x, utterance_mask])
        cell = layers.LSTM(dim // 2, return_sequences=True)
        x = keras.layers.Bidirectional(cell, name=f"context_{i}")(x)
        x = keras.layers.Dropout(dropout, name=f"dropout_{i}")(x)
        x = keras.layers.Dense(dim, "tanh", name=f"dense_{i}")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"text": text}, logits, name="sentiment_text_context")
