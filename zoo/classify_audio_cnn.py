"""Convolutions over a spectrogram: the audio baseline."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "classify-audio-cnn",
    task="classify",
    paper="https://arxiv.org/abs/1609.09430",
    tiny={"num_classes": 3, "audio_shape": (2000,), "dim": 8},
)
def classify_audio_cnn(
    num_classes=2, audio_shape=(32000,), dim=128, dropout=0.3, audio=None
):
    """Builds an audio classifier: a log-mel spectrogram, convolutions.

    Args:
        num_classes: int. Number of classes, or of labels.
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of the last convolution and of the hidden layer.
        dropout: float in [0, 1).
        audio: Audio branch. Defaults to `branches.audio.cnn`.

    Returns:
        A model from `"audio"`, shape `(batch, samples)`, to logits of shape
        `(batch, num_classes)`.

    Reference:
        [Hershey et al., 2017](https://arxiv.org/abs/1609.09430)
    """
    audio_encoder = audio or branches.audio.cnn(audio_shape, dim=dim)
    samples = layers.input_like(audio_encoder, "audio")
    x = layers.MaskedPool(name="audio_features")(audio_encoder(samples))
    x = keras.layers.Dense(dim, "relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"audio": samples}, logits, name="classify_audio_cnn")
