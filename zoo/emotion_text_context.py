"""The emotion of each utterance, given the dialogue history."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "emotion-text-context",
    task="emotion",
    paper="https://arxiv.org/abs/1810.02508",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "text_shape": (5, 6),
        "audio_shape": (5, 3),
        "dim": 8,
    },
    recipe={
        "min_epochs": 14,
        "max_batch_size": 16,
        "learning_rate": 3e-3,
        "label_smoothing": 0.1,
    },
)
def emotion_text_context(
    num_classes=7,
    vocabulary_size=5000,
    text_shape=(24, 32),
    audio_shape=None,
    dim=128,
    dropout=0.5,
    text=None,
    fusion="concat",
):
    """Builds a classifier of all utterances of a conversation at once.

    An utterance is encoded as the mean of its word vectors and the maximum of
    a convolution over pairs of words, fused with features of the voice; a GRU
    carries the history. Predictions do not depend on later utterances.

    Departure from the paper: there the context is bidirectional, and word
    features are trained beforehand, from GloVe.

    Args:
        num_classes: int. Number of classes.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        text_shape: Tuple `(utterances, words)`.
        audio_shape: Tuple `(utterances, size)` of features of the voice, or
            `None` for text only.
        dim: int. Size of the features of a word and of the context.
        dropout: float in [0, 1).
        text: Branch of utterances. Defaults to
            `branches.utterances.word_pairs`.
        fusion: Layer that fuses two vectors, or the name of one.

    Returns:
        A model from `"text"`, token ids of shape `(batch, utterances, words)`,
        zeros after the last utterance, and with `audio_shape` also `"audio"`
        and optionally `"presence"`, booleans of shape `(batch, 2)`, to logits
        of shape `(batch, utterances, num_classes)`.

    Reference:
        [Poria et al., 2019](https://arxiv.org/abs/1810.02508)
    """
    tokens = keras.Input(text_shape, dtype="int32", name="text")
    text_encoder = text or branches.utterances.word_pairs(
        text_shape, vocabulary_size, dim, dropout
    )
    x = text_encoder(tokens)
    utterance_mask = layers.MaskToFloat(name="has_words")(x)[..., 0] > 0
    inputs = {"text": tokens}
    if audio_shape is not None:
        arguments.check_steps(text_shape=text_shape, audio_shape=audio_shape)
        audio = inputs["audio"] = keras.Input(audio_shape, name="audio")
        presence = inputs["presence"] = layers.presence_input(2)
        present = layers.Presence(2, name="each")(audio, presence=presence)
        audio_mask = ops.any(ops.not_equal(audio, 0), -1)
        utterance_mask = ops.stack([utterance_mask, audio_mask], -1)
        utterance_mask = ops.any(
            ops.logical_and(utterance_mask, present[:, None]), -1
        )
        audio = keras.layers.LayerNormalization(name="audio_norm")(audio)
        audio = keras.layers.Dense(dim, "relu", name="audio_dense")(audio)
        steps = [ops.reshape(y, (-1, y.shape[-1])) for y in (x, audio)]
        present = ops.repeat(present, text_shape[0], axis=0)
        steps = layers.replace_missing(steps, present)
        x = fusions.get(fusion, dim=dim, name="fusion")(steps)
        x = ops.reshape(x, (-1, text_shape[0], x.shape[-1]))

    x = layers.AttachMask(name="padding")([x, utterance_mask])
    x = keras.layers.Dropout(dropout, name="dropout_0")(x)
    context = layers.GRU(dim, return_sequences=True, name="context")(x)
    x = ops.concatenate([x, context], -1)
    x = keras.layers.Dropout(dropout, name="dropout_1")(x)
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout_2")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return layers.MultimodalModel(inputs, logits, name="emotion_text_context")
