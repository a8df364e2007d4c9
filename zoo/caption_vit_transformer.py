"""A Vision Transformer and a Transformer decoder, without convolutions."""

import keras

from mmkeras import branches
from mmkeras import decoders
from mmkeras.registry import register


@register(
    "caption-vit-transformer",
    task="caption",
    paper="https://arxiv.org/abs/2010.11929",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
        "depth": 1,
        "heads": 2,
        "patch": 8,
    },
    recipe={"min_epochs": 20, "learning_rate": 5e-4, "weight_decay": 0.05},
)
def caption_vit_transformer(
    vocabulary_size=5000,
    image_shape=(224, 224, 3),
    dim=256,
    depth=4,
    heads=8,
    dropout=0.1,
    patch=16,
    image=None,
):
    """Builds an image captioner of Transformers only.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of patches, words and blocks.
        depth: int. Number of blocks, in the encoder and in the decoder.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        patch: int. Side of a patch, in pixels.
        image: Image branch. Defaults to `branches.image.vit`; a
            pretrained one comes from `branches.image.hub`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"tokens"`,
        shape `(batch, length)`, to next-word logits of shape
        `(batch, length, vocabulary_size)`. At most 64 tokens.

    Reference:
        [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), decoder
        of [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762).
    """
    encoder = image or branches.image.vit(
        image_shape, dim, depth, heads, patch, dropout, name="encoder"
    )
    pixels = keras.Input(encoder.input_shape[1:], name="image")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    decoder = decoders.TransformerDecoder(
        vocabulary_size, dim, depth, heads, dropout, name="decoder"
    )
    logits = decoder([tokens, encoder(pixels)])
    inputs = {"image": pixels, "tokens": tokens}
    return keras.Model(inputs, logits, name="caption_vit_transformer")
