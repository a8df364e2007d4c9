"""Images, texts and recordings in one space; any of them may be absent."""

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "retrieve-image-text-audio",
    task="retrieve",
    paper="https://arxiv.org/abs/2106.13043",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "audio_shape": (2000,),
        "dim": 8,
    },
)
def retrieve_image_text_audio(
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    audio_shape=(32000,),
    dim=512,
    dropout=0.2,
    loss="contrastive",
    image=None,
    text=None,
    audio=None,
):
    """Builds three towers, whose embeddings are close if they belong together.

    The loss is the mean over the three pairs of modalities; an example has at
    least two of the three.

    Departure from the paper: the branches are trained from scratch, and their
    steps are pooled by attention as well; pass pretrained networks as `image`,
    `text` and `audio`.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        audio_shape: Tuple `(samples,)` of one clip at 16 kHz, in [-1, 1].
        dim: int. Size of an embedding.
        dropout: float in [0, 1). Of the pooled features.
        loss: Of a batch: `"contrastive"`, `"sigmoid"`, `"triplet"` (the
            hardest negative; in the first quarter of the epochs a semi-hard
            one) or `"semi-hard"`.
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch. Defaults to `branches.text.gru`.
        audio: Audio branch. Defaults to `branches.audio.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"text"`, token
        ids of shape `(batch, length)`, `"audio"`, shape `(batch, samples)`,
        and optionally `"presence"`, booleans of shape `(batch, 3)`, to
        embeddings of shape `(batch, 3, dim)`, zeros where absent; see
        `layers.EmbeddingPairs`.

    Reference:
        [Guzhov et al., 2021](https://arxiv.org/abs/2106.13043)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.gru(vocabulary_size, dim)
    audio_encoder = audio or branches.audio.cnn(audio_shape, dim=dim)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    samples = layers.input_like(audio_encoder, "audio")
    presence = layers.presence_input(3)
    embeddings = [
        layers.embedding_head(x, dim, dropout, name)
        for name, x in (
            ("image", image_encoder(pixels)),
            ("text", text_encoder(words)),
            ("audio", audio_encoder(samples)),
        )
    ]
    pairs = layers.EmbeddingPairs(loss, name="embeddings")
    return layers.MultimodalModel(
        {
            "image": pixels,
            "text": words,
            "audio": samples,
            "presence": presence,
        },
        pairs(embeddings, presence=presence),
        name="retrieve_image_text_audio",
    )
