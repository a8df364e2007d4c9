"""Images and texts in one space, as in VSE++ and CLIP."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register

_QUERYBANK = 8192  # Of training examples; 16 MiB.


@register(
    "retrieve-image-text",
    task="retrieve",
    paper="https://arxiv.org/abs/1707.05612",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
    },
)
def retrieve_image_text(
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=512,
    dropout=0.2,
    loss="contrastive",
    crops=1,
    image=None,
    text=None,
):
    """Builds two towers, whose embeddings are close if they belong together.

    Departure from the paper: the steps of a branch are pooled by attention as
    well, and the temperature is learned, as in
    [CLIP](https://arxiv.org/abs/2103.00020). Items that are close to a great
    many training examples are found less often, by a querybank, see
    `layers.EmbeddingPairs`.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of an embedding.
        dropout: float in [0, 1). Of the pooled features.
        loss: Of a batch: `"contrastive"`, `"sigmoid"`, `"triplet"` (the
            hardest negative; in the first quarter of the epochs a semi-hard
            one) or `"semi-hard"`.
        crops: int, 1, 2, 6 or 10: an image is embedded as the mean of so many
            crops, see `layers.ImageCrops`; in training, as one at random.
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch. Defaults to `branches.text.gru`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"text"`,
        token ids of shape `(batch, length)`, to `(batch, 2, dim + 2)`, pairs
        of embeddings with two columns for the querybank.

    Reference:
        [Faghri et al., 2018](https://arxiv.org/abs/1707.05612)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.gru(vocabulary_size, dim)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    embeddings = [
        layers.embedding_head(x, dim, dropout, name)
        for name, x in (
            ("image", branches.crops.encode(image_encoder, pixels, crops)),
            ("text", text_encoder(words)),
        )
    ]
    pairs = layers.EmbeddingPairs(
        loss, querybank=_QUERYBANK, name="embeddings"
    )(embeddings)
    return keras.Model(
        {"image": pixels, "text": words}, pairs, name="retrieve_image_text"
    )
