"""Texts and recordings in one space."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "retrieve-text-audio",
    task="retrieve",
    paper="https://arxiv.org/abs/2206.04769",
    tiny={
        "vocabulary_size": 11,
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def retrieve_text_audio(
    vocabulary_size=5000,
    audio_shape=(32000,),
    dim=512,
    dropout=0.2,
    loss="contrastive",
    text=None,
    audio=None,
):
    """Builds two towers, whose embeddings are close if they belong together.

    Departure from the paper: the branches are trained from scratch, and their
    steps are pooled by attention as well; pass pretrained networks as `text`
    and `audio`.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of an embedding.
        dropout: float in [0, 1). Of the pooled features.
        loss: Of a batch: `"contrastive"`, `"sigmoid"`, `"triplet"` (the
            hardest negative; in the first quarter of the epochs a semi-hard
            one) or `"semi-hard"`.
        text: Text branch. Defaults to `branches.text.gru`.
        audio: Audio branch. Defaults to `branches.audio.cnn`.

    Returns:
        A model from `"text"`, token ids of shape `(batch, length)`, and
        `"audio"`, shape `(batch, samples)`, to pairs of embeddings of shape
        `(batch, 2, dim)`; see `layers.EmbeddingPairs`.

    Reference:
        [Elizalde et al., 2022](https://arxiv.org/abs/2206.04769)
    """
    text_encoder = text or branches.text.gru(vocabulary_size, dim)
    audio_encoder = audio or branches.audio.cnn(audio_shape, dim=dim)
    words = layers.input_like(text_encoder, "text")
    samples = layers.input_like(audio_encoder, "audio")
    embeddings = [
        layers.embedding_head(x, dim, dropout, name)
        for name, x in (
            ("text", text_encoder(words)),
            ("audio", audio_encoder(samples)),
        )
    ]
    pairs = layers.EmbeddingPairs(loss, name="embeddings")(embeddings)
    return keras.Model(
        {"text": words, "audio": samples}, pairs, name="retrieve_text_audio"
    )
