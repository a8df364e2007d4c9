"""Images and texts compared by regions and words, as in SCAN and ColBERT."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "retrieve-image-text-regions",
    task="retrieve",
    paper="https://arxiv.org/abs/1803.08024",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
    },
    recipe={"max_batch_size": 128, "bucket_by_length": True},
)
def retrieve_image_text_regions(
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=128,
    dropout=0.2,
    loss="contrastive",
    image=None,
    text=None,
):
    """Builds two towers, compared by the closest region of every word.

    A text is as similar to an image as its words are, on average, to the
    region that each is most similar to.

    Departure from the paper: a word attends to a single region, as in
    [ColBERT](https://arxiv.org/abs/2004.12832), so that the two towers are
    independent of each other; the temperature is learned.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of the embedding of a region, or of a word.
        dropout: float in [0, 1). Of regions and words.
        loss: Of a batch: `"contrastive"`, `"triplet"` (the hardest negative;
            in the first quarter of the epochs a semi-hard one) or
            `"semi-hard"`.
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch, with a step per word. Defaults to
            `branches.text.gru`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"text"`,
        token ids of shape `(batch, length)`, to embeddings of regions and
        words of shape `(batch, regions + length, dim)`; see
        `layers.LateInteraction`.

    Reference:
        [Lee et al., 2018](https://arxiv.org/abs/1803.08024)
    """
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    text_encoder = text or branches.text.gru(vocabulary_size, dim)
    pixels = layers.input_like(image_encoder, "image")
    words = layers.input_like(text_encoder, "text")
    steps = []
    for name, x in (
        ("regions", image_encoder(pixels)),
        ("words", text_encoder(words)),
    ):
        x = keras.layers.LayerNormalization(name=f"{name}_norm")(x)
        x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
        x = keras.layers.Dense(dim, name=f"{name}_dense")(x)
        y = keras.layers.Dense(dim, "gelu", name=f"{name}_hidden")(x)
        y = keras.layers.Dense(dim, name=f"{name}_residual")(y)
        x = keras.layers.Add(name=f"{name}_add")([x, y])
        steps.append(layers.MaskSteps(name=f"{name}_masked")(x))
    pairs = layers.LateInteraction(loss, name="embeddings")(steps)
    inputs = {"image": pixels, "text": words}
    return keras.Model(inputs, pairs, name="retrieve_image_text_regions")
