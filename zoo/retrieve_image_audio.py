"""Images and recordings, such as spoken captions, in one space."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "retrieve-image-audio",
    task="retrieve",
    paper="https://arxiv.org/abs/1804.01452",
    tiny={
        "image_shape": (16, 16, 3),
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def retrieve_image_audio(
    image_shape=(64, 64, 3),
    audio_shape=(32000,),
    dim=512,
    dropout=0.2,
    loss="contrastive",
    image=None,
    audio=None,
):
    """Builds two towers, whose embeddings are close if they belong together.

    Departure from the paper: each branch is pooled into one embedding, instead
    of comparing all regions with all frames; the loss has all other examples
    of the batch as negatives.

    Args:
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of an embedding.
        dropout: float in [0, 1). Of the pooled features.
        loss: Of a batch: `"contrastive"`, `"sigmoid"`, `"triplet"` (the
            hardest negative; in the first quarter of the epochs a semi-hard
            one) or `"semi-hard"`.
        image: Image branch. Defaults to `branches.image.cnn`.
        audio: Audio branch. Defaults to `branches.audio.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"audio"`,
        shape `(batch, samples)`, to pairs of embeddings of shape
        `(batch, 2, dim)`; see `layers.EmbeddingPairs`.

    Reference:
        [Harwath et al., 2018](https://arxiv.org/abs/1804.01452)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    audio_encoder = audio or branches.audio.cnn(audio_shape, dim=dim)
    pixels = layers.input_like(image_encoder, "image")
    samples = layers.input_like(audio_encoder, "audio")
    embeddings = [
        layers.embedding_head(x, dim, dropout, name)
        for name, x in (
            ("image", image_encoder(pixels)),
            ("audio", audio_encoder(samples)),
        )
    ]
    pairs = layers.EmbeddingPairs(loss, name="embeddings")(embeddings)
    return keras.Model(
        {"image": pixels, "audio": samples}, pairs, name="retrieve_image_audio"
    )
