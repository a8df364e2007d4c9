"""Images and texts in one space, as in VSE++ and CLIP."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "retrieve-image-text",
    task="retrieve",
    paper="https://arxiv.org/abs/1707.05612",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
        "querybank": 3,
    },
)
def retrieve_image_text(
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=512,
    dropout=0.2,
    loss="contrastive",
    crops=0,
    querybank=4096,
    image=None,
    text=None,
):
    """Builds two towers, whose embeddings are close if they belong together.

    Departure from the paper: the steps of a branch are pooled by attention as
    well, and the temperature is learned, as in
    [CLIP](https://arxiv.org/abs/2103.00020).

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of an embedding.
        dropout: float in [0, 1). Of the pooled features.
        loss: Of a batch: `"contrastive"`, `"sigmoid"`, `"triplet"` (the
            hardest negative; in the first quarter of the epochs a semi-hard
            one) or `"semi-hard"`.
        crops: int, 1, 2, 6 or 10: an image is embedded as the mean of so many
            crops; in training, as one at random. 0 for 6 of a frozen image
            branch, else 1. See `layers.ImageCrops`.
        querybank: int. Number of training examples by which items that are
            close to everything are found less often; 0 for none. See
            `layers.EmbeddingPairs`.
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch. Defaults to `branches.text.gru`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"text"`,
        token ids of shape `(batch, length)`, to pairs of embeddings of shape
        `(batch, 2, dim)`, or `(batch, 2, dim + 2)` with a querybank; see
        `layers.EmbeddingPairs`.

    Reference:
        [Faghri et al., 2018](https://arxiv.org/abs/1707.05612)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.gru(vocabulary_size, dim)
    image_encoder = branches.crops.mean_of_each(image_encoder, crops)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    regions = branches.crops.one_in_training(image_encoder, pixels)
    embeddings = [
        layers.embedding_head(x, dim, dropout, name)
        for name, x in (
            ("image", regions),
            ("text", text_encoder(words)),
        )
    ]
    pairs = layers.EmbeddingPairs(loss, querybank=querybank, name="embeddings")(
        embeddings
    )
    return keras.Model(
        {"image": pixels, "text": words}, pairs, name="retrieve_image_text"
    )
