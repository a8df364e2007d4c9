"""The emotion of each utterance, given the dialogue history."""

import keras
from keras import ops

from mmkeras import arguments
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
    vectors=None,
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
        dim: int. Size of an utterance's features.
        dropout: float in [0, 1).
        vectors: Initial word vectors of shape `(vocabulary_size, size)`,
            or `None` for random ones of size `dim`.
        fusion: Layer that fuses two vectors, or the name of one.

    Returns:
        A model from `"text"`, token ids of shape `(batch, utterances, words)`,
        zeros after the last utterance, and with `audio_shape` also `"audio"`
        and optionally `"presence"`, booleans of shape `(batch, 2)`, to logits
        of shape `(batch, utterances, num_classes)`.

    Reference:
        [Poria et al., 2019](https://arxiv.org/abs/1810.02508)
    """
    arguments.check_vectors(vectors, vocabulary_size)
    length, ids = text_shape
    tokens = keras.Input(text_shape, dtype="int32", name="text")
    words = ops.reshape(tokens, (-1, ids))  # Utterance by utterance.
    word_mask = ops.expand_dims(ops.not_equal(words, 0), -1)
    size = dim if vectors is None else vectors.shape[1]
    table = keras.layers.Embedding(vocabulary_size, size, name="words")
    x = keras.layers.Dropout(dropout, name="noise")(table(words))
    if vectors is not None:
        table.set_weights([vectors])
    x = ops.where(word_mask, x, 0)
    pairs = keras.layers.Conv1D(dim, 2, padding="same", name="pairs")(x)
    maximum = ops.max(ops.where(word_mask, ops.relu(pairs), 0), axis=1)
    mean = ops.sum(x, 1) / ops.maximum(
        ops.sum(ops.cast(word_mask, x.dtype), 1), 1
    )
    x = ops.concatenate([mean, maximum], -1)
    utterance_mask = ops.any(ops.not_equal(tokens, 0), -1)
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
        steps = [x, ops.reshape(audio, (-1, dim))]
        present = ops.repeat(present, length, axis=0)
        steps = layers.replace_missing(steps, present)
        x = fusions.get(fusion, dim=dim, name="fusion")(steps)

    x = ops.reshape(x, (-1, length, x.shape[-1]))
    x = layers.AttachMask(name="padding")([x, utterance_mask])
    x = keras.layers.Dropout(dropout, name="dropout_0")(x)
    context = layers.GRU(dim, return_sequences=True, name="context")(x)
    x = ops.concatenate([x, context], -1)
    x = keras.layers.Dropout(dropout, name="dropout_1")(x)
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout_2")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return layers.MultimodalModel(inputs, logits, name="emotion_text_context")
