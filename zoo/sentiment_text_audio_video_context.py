"""bc-LSTM: each utterance is classified in the context of its video."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "sentiment-text-audio-video-context",
    task="sentiment",
    paper="https://aclanthology.org/P17-1081",
    tiny={
        "num_classes": 3,
        "text_shape": (5, 4),
        "audio_shape": (5, 3),
        "video_shape": (5, 6),
        "dim": 8,
    },
)
def sentiment_text_audio_video_context(
    num_classes=2,
    text_shape=(63, 100),
    audio_shape=(63, 73),
    video_shape=(63, 100),
    dim=200,
    dropout=0.5,
    fusion="concat",
):
    """Builds a classifier of all utterances of a video at once.

    A bidirectional LSTM runs over the utterances in each modality; their
    outputs are fused per utterance; another LSTM runs over the fused ones.

    Departure from the paper: all modalities are trained jointly, not one by one
    first; a learned token replaces an absent modality.

    Args:
        num_classes: int. Number of classes.
        text_shape: Tuple `(utterances, size)` of the features of words.
        audio_shape: Tuple `(utterances, size)` of those of the voice.
        video_shape: Tuple `(utterances, size)` of those of the face.
        dim: int, even. Size of an utterance's features.
        dropout: float in [0, 1).
        fusion: Layer that fuses three vectors, or the name of one.

    Returns:
        A model from `"text"`, `"audio"` and `"video"`, each of shape `(batch,
        utterances, size)`, zeros after the last utterance, and optionally
        `"presence"`, booleans of shape `(batch, 3)`, to logits of shape
        `(batch, utterances, num_classes)`.

    Reference:
        [Poria et al., 2017](https://aclanthology.org/P17-1081)
    """
    arguments.check_even(dim)
    arguments.check_steps(
        text_shape=text_shape, audio_shape=audio_shape, video_shape=video_shape
    )
    shapes = {"text": text_shape, "audio": audio_shape, "video": video_shape}
    inputs = {field: keras.Input(s, name=field) for field, s in shapes.items()}
    presence = layers.presence_input(3)
    mask = layers.Presence(3, name="each")(inputs["text"], presence=presence)
    steps = [ops.any(ops.not_equal(x, 0), axis=-1) for x in inputs.values()]
    steps = ops.logical_and(ops.stack(steps, axis=-1), mask[:, None])
    utterance_mask = ops.any(steps, axis=-1)  # In any modality that is present.

    def in_context(x, name):
        x = layers.AttachMask(name=f"{name}_padding")([x, utterance_mask])
        cell = layers.LSTM(dim // 2, return_sequences=True)
        x = keras.layers.Bidirectional(cell, name=f"{name}_context")(x)
        return keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)

    steps = []
    for field, x in inputs.items():
        x = keras.layers.LayerNormalization(name=f"{field}_norm")(x)
        x = keras.layers.Dropout(dropout, name=f"{field}_noise")(x)
        x = in_context(x, field)
        x = keras.layers.Dense(dim, "tanh", name=f"{field}_dense")(x)
        steps.append(ops.reshape(x, (-1, dim)))  # Utterance by utterance.
    length = text_shape[0]
    steps = layers.replace_missing(steps, ops.repeat(mask, length, axis=0))
    x = fusions.get(fusion, dim=dim, name="fusion")(steps)
    x = ops.reshape(x, (-1, length, x.shape[-1]))
    x = in_context(x, "fused")
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return layers.MultimodalModel(
        {**inputs, "presence": presence},
        logits,
        name="sentiment_text_audio_video_context",
    )
