"""A Transformer whose words attend to an image through a gate."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "translate-text-image-transformer",
    task="translate",
    paper="https://arxiv.org/abs/2203.09173",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (16, 16, 3),
        "dim": 8,
        "depth": 1,
        "heads": 2,
    },
)
def translate_text_image_transformer(
    vocabulary_size=(6259, 6259),
    image_shape=(224, 224, 3),
    dim=128,
    depth=4,
    heads=4,
    dropout=0.3,
    tied=True,
    image=None,
):
    """Builds a Transformer that translates a text about an image.

    Each word x of the encoded source attends to the regions of the image; a
    gate decides how much of the result y is added to it:

        x + sigmoid(W [x; y]) * y

    Without an image, x remains as it is.

    Departure from the paper: the gate is added to the word instead of
    interpolating, norms are before each sublayer, and positions are learned.

    Args:
        vocabulary_size: int. Number of token ids, or a pair of those of the
            source and of the translation; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of words, regions and blocks, whose feed-forward layers
            have `2 * dim`.
        depth: int. Number of encoder blocks, and of decoder blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        tied: bool. Whether the output layer has the decoder's vectors of the
            words.
        image: Image branch. Defaults to `branches.image.cnn`.

    Returns:
        A model from `"source"`, token ids of shape `(batch, length)`,
        `"image"`, shape `(batch, *image_shape)`, optionally `"presence"`,
        booleans of shape `(batch, 2)`, and `"tokens"`, those of the
        translation so far, to next-token logits of shape `(batch, length,
        vocabulary_size)`.

    Reference:
        [Li et al., 2022](https://arxiv.org/abs/2203.09173)
    """
    source_size, target_size = arguments.pair(vocabulary_size)
    length = 128
    sizes = source_size, dim, length, depth, heads, dropout, 2 * dim
    text_encoder = branches.text.transformer(*sizes, True, "text_encoder")
    image_encoder = image or branches.image.cnn(
        image_shape, dim, name="image_encoder"
    )
    source = keras.Input((None,), dtype="int32", name="source")
    pixels = layers.input_like(image_encoder, "image")
    presence = layers.presence_input(2)
    tokens = keras.Input((None,), dtype="int32", name="tokens")

    x = text_encoder(source)
    mask = layers.MaskToFloat(name="source_mask")(x)
    present = layers.Presence(2, name="presence_mask")(x, presence=presence)
    x = layers.MissingToken(name="missing_token")([x, present[:, 0]])
    mask = ops.where(present[:, 0, None, None], mask, 1.0)
    regions = keras.layers.LayerNormalization(name="image_norm")(
        image_encoder(pixels)
    )
    regions = keras.layers.Dense(dim, name="image_projection")(regions)
    regions = keras.layers.Dropout(dropout, name="image_dropout")(regions)
    attention = keras.layers.MultiHeadAttention(
        heads, dim // heads, name="attention"
    )
    attended = attention(x, regions)
    gate = keras.layers.Dense(dim, "sigmoid", name="gate")
    added = gate(ops.concatenate([x, attended], axis=-1)) * attended
    # Padding is all zero, which the decoder does not attend to.
    context = ops.where(present[:, 1, None, None], x + added, x) * mask
    decoder = decoders.TransformerDecoder(
        *(target_size, dim, depth, heads, dropout, length, 2 * dim),
        tied=tied,
        mask_zero=True,
        name="decoder",
    )
    inputs = (source, pixels, presence, tokens)
    return layers.MultimodalModel(
        {x.name: x for x in inputs},
        decoder([tokens, context]),
        name="translate_text_image_transformer",
    )
