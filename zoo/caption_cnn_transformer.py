"""A convolutional encoder and a Transformer decoder."""

import keras

from mmkeras import branches
from mmkeras import decoders
from mmkeras.registry import register


@register(
    "caption-cnn-transformer",
    task="caption",
    paper="https://arxiv.org/abs/1706.03762",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
        "depth": 1,
        "heads": 2,
    },
    recipe={
        "min_epochs": 8,
        "learning_rate": 5e-4,
        "model": {"dim": 256, "depth": 2, "heads": 8, "dropout": 0.3},
    },
)
def caption_cnn_transformer(
    vocabulary_size=5000,
    image_shape=(224, 224, 3),
    dim=512,
    depth=2,
    heads=8,
    dropout=0.3,
    length=64,
    image=None,
):
    """Builds an image captioner whose decoder is a Transformer.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of words, regions and blocks.
        depth: int. Number of decoder blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        length: int. Longest sequence of tokens.
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"tokens"`,
        shape `(batch, length)`, to next-word logits of shape
        `(batch, length, vocabulary_size)`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), with regions
        of an image as the source.
    """
    encoder = image or branches.image.cnn(image_shape, dim, name="encoder")
    pixels = keras.Input(encoder.input_shape[1:], name="image")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    decoder = decoders.TransformerDecoder(
        vocabulary_size, dim, depth, heads, dropout, length, name="decoder"
    )
    logits = decoder([tokens, encoder(pixels)])
    inputs = {"image": pixels, "tokens": tokens}
    return keras.Model(inputs, logits, name="caption_cnn_transformer")
