"""Text and audio features, concatenated."""

from mmkeras import branches
from mmkeras import fusion as fusions
from mmkeras import layers
from mmkeras.registry import register


@register(
    "sentiment-text-audio-concat",
    task="sentiment",
    paper="https://arxiv.org/abs/1705.09406",
    tiny={
        "num_classes": 3,
        "vocabulary_size": 11,
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def sentiment_text_audio_concat(
    num_classes=2,
    vocabulary_size=5000,
    audio_shape=(80000,),
    dim=128,
    dropout=0.3,
    text=None,
    audio=None,
    fusion="concat",
):
    """Builds a classifier of spoken sentences; text or audio may be missing.

    A bidirectional GRU encodes the words, another a log-mel spectrogram; the
    means of their steps are fused.

    Args:
        num_classes: int. Number of classes; 1 for regression, as of intensity.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of each branch's features and of the hidden layer.
        dropout: float in [0, 1).
        text: Text branch. Defaults to `branches.text.gru`.
        audio: Audio branch. Defaults to `branches.audio.gru`.
        fusion: Layer that fuses the two, or the name of one.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, `"audio"`,
        shape `(batch, samples)`, and optionally `"presence"`, booleans of
        shape `(batch, 2)`, to logits of shape `(batch, num_classes)`.

    Reference:
        A survey: [Baltrusaitis et al., 2017](https://arxiv.org/abs/1705.09406)
    """
    text_encoder = text or branches.text.gru(vocabulary_size, dim)
    audio_encoder = audio or branches.audio.gru(audio_shape, dim=dim)
    words = layers.input_like(text_encoder, "text")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(2)
    steps = [text_encoder(words), audio_encoder(samples)]
    logits = fusions.classification_head(
        fusion, steps, presence, num_classes, dim, dropout
    )
    inputs = {"text": words, "audio": samples, "presence": presence}
    return layers.MultimodalModel(
        inputs, logits, name="sentiment_text_audio_concat"
    )
