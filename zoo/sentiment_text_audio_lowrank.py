"""Low-rank multimodal fusion: tensor fusion without the tensor."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "sentiment-text-audio-lowrank",
    task="sentiment",
    paper="https://arxiv.org/abs/1806.00064",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def sentiment_text_audio_lowrank(
    num_classes=2,
    vocabulary_size=5000,
    audio_shape=(80000,),
    dim=128,
    rank=4,
    dropout=0.15,
    text=None,
    audio=None,
):
    """Builds a classifier of spoken sentences; text or audio may be missing.

    As in the paper: an LSTM and a dense layer embed the words, three dense
    layers the mean of the voice's frames; the fusion returns the logits.

    Departure from the paper: two of its three modalities; word vectors are
    trained from scratch unless `text` is given; MFCCs, not COVAREP frames.

    Args:
        num_classes: int. Number of classes; 1 for regression, as of intensity.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int, at least 4. Size of the words' embedding; the voice's is a
            quarter of it.
        rank: int. Terms of the fusion.
        dropout: float in [0, 1).
        text: Text branch. Defaults to word vectors of size 300.
        audio: Audio branch. Defaults to 20 MFCCs.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, `"audio"`,
        shape `(batch, samples)`, and optionally `"presence"`, booleans of
        shape `(batch, 2)`, to logits of shape `(batch, num_classes)`.

    Reference:
        [Liu et al., 2018](https://arxiv.org/abs/1806.00064)
    """
    arguments.check_minimum("dim", dim, 4)
    text_encoder = text or branches.text.words(vocabulary_size, 300)
    audio_encoder = audio or branches.audio.frames(
        audio_shape, coefficients=20, normalize=False
    )
    words = layers.input_like(text_encoder, "text")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(2)
    x = layers.LSTM(dim, name="text_features")(text_encoder(words))
    x = keras.layers.Dropout(dropout, name="text_dropout")(x)
    x = keras.layers.Dense(dim, name="text_dense")(x)
    z = layers.MaskedPool(name="audio_features")(audio_encoder(samples))
    z = keras.layers.BatchNormalization(name="audio_norm")(z)
    z = keras.layers.Dropout(dropout, name="audio_dropout")(z)
    for i in range(3):
        z = keras.layers.Dense(dim // 4, "relu", name=f"audio_{i}")(z)
    fuse = fusions.LowRank(num_classes, rank, dtype="float32", name="logits")
    logits = fuse(layers.replace_missing([x, z], presence))
    inputs = {"text": words, "audio": samples, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="sentiment_text_audio_lowrank"
    )
