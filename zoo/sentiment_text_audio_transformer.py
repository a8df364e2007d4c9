"""Multimodal Transformer: text attends to audio, audio to text."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "sentiment-text-audio-transformer",
    task="sentiment",
    paper="https://arxiv.org/abs/1906.00295",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "audio_shape": (2000,),
        "dim": 8,
        "depth": 1,
    },
)
def sentiment_text_audio_transformer(
    num_classes=2,
    vocabulary_size=5000,
    audio_shape=(80000,),
    dim=40,
    depth=4,
    dropout=0.1,
    text=None,
    audio=None,
):
    """Builds a classifier of spoken sentences; text or audio may be missing.

    As in the paper: word vectors and audio frames, each after a convolution
    over time, attend to each other without alignment; the last steps go
    through two dense layers with a residual connection.

    Departure from the paper: two of its three modalities; word vectors are
    trained from scratch unless `text` is given; the frames are log-mel
    energies, four per step, not COVAREP's.

    Args:
        num_classes: int. Number of classes; 1 for regression, as of intensity.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int, a multiple of 4. Size of a step; an attention head has
            size 4.
        depth: int. Crossmodal blocks of each direction.
        dropout: float in [0, 1).
        text: Text branch. Defaults to word vectors of size 300.
        audio: Audio branch. Defaults to log-mel frames.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, `"audio"`,
        shape `(batch, samples)`, and optionally `"presence"`, booleans of
        shape `(batch, 2)`, to logits of shape `(batch, num_classes)`.

    Reference:
        [Tsai et al., 2019](https://arxiv.org/abs/1906.00295)
    """
    arguments.check_multiple("dim", dim, 4)
    text_encoder = text or branches.text.words(vocabulary_size, 300)
    audio_encoder = audio or branches.audio.frames(audio_shape, stack=4)
    words = layers.input_like(text_encoder, "text")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(2)
    fuse = fusions.MulT(dim, dim // 4, depth, dropout=dropout, name="fusion")
    ends = fuse(
        layers.replace_missing(
            [text_encoder(words), audio_encoder(samples)], presence
        )
    )
    x = keras.layers.Dense(ends.shape[-1], "relu", name="hidden")(ends)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = ends + keras.layers.Dense(ends.shape[-1], name="out")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    inputs = {"text": words, "audio": samples, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="sentiment_text_audio_transformer"
    )
