"""Images and texts, aligned before they are fused, as in ALBEF."""

import keras

from mmkeras import branches
from mmkeras import layers
from mmkeras.registry import register


@register(
    "pretrain-image-text",
    task="pretrain",
    paper="https://arxiv.org/abs/2107.07651",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (32, 32, 3),
        "dim": 8,
        "depth": 1,
        "heads": 2,
    },
)
def pretrain_image_text(
    vocabulary_size=5000,
    image_shape=(64, 64, 3),
    dim=256,
    depth=2,
    heads=4,
    dropout=0.1,
    image=None,
    text=None,
):
    """Builds two branches that are aligned, and a fusion encoder over them.

    Departure from the paper: there is no momentum teacher; the image branch
    is a network and Transformer blocks over its regions, of which only the
    latter are trained if the network is frozen.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        dim: int. Size of regions, words and embeddings.
        depth: int. Number of Transformer blocks: of the image branch, of the
            default text branch, and of the fusion encoder.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`.
        text: Text branch, with a step per word. Defaults to
            `branches.text.transformer`.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, and `"text"`,
        token ids of shape `(batch, length)`, to a dict of `"embeddings"`,
        pairs of shape `(batch, 2, dim)`, see `layers.EmbeddingPairs`;
        `"matching"`, the logit that the two belong together, of shape
        `(batch, 1)`; and `"words"`, logits of shape `(batch, length,
        vocabulary_size)`.

    Reference:
        [Li et al., 2021](https://arxiv.org/abs/2107.07651)
    """
    import keras_hub  # Late: it takes half a second.

    network = image or branches.image.cnn(image_shape, dim, name="network")
    image_encoder = branches.image.transformer(
        network, dim, depth, heads, dropout, name="image_encoder"
    )
    text_encoder = text or branches.text.transformer(
        vocabulary_size, dim, depth=depth, heads=heads, dropout=dropout
    )
    pixels = layers.input_like(image_encoder, "image")
    tokens = layers.input_like(text_encoder, "text")
    regions, steps = image_encoder(pixels), text_encoder(tokens)
    sides = [("image", regions), ("text", steps)]
    pairs = layers.EmbeddingPairs(name="embeddings")(
        [layers.embedding_head(x, dim, dropout, name) for name, x in sides]
    )
    regions, x = (
        keras.layers.Dense(dim, name=f"{name}_project")(x) for name, x in sides
    )
    mask = layers.MaskToFloat(name="text_mask")(steps)[..., 0] > 0
    x = keras.ops.copy(x)  # The blocks take the mask by itself.
    for i in range(depth):
        x = keras_hub.layers.TransformerDecoder(
            4 * dim,
            heads,
            dropout,
            "gelu",
            normalize_first=True,
            name=f"fusion_{i}",
        )(x, regions, mask, use_causal_mask=False)
    x = keras.layers.LayerNormalization(name="fusion_norm")(x)
    dense = keras.layers.Dense
    matching = dense(1, dtype="float32", name="matching")(x[:, 0])
    words = dense(vocabulary_size, dtype="float32", name="words")(x)
    return keras.Model(
        {"image": pixels, "text": tokens},
        {"embeddings": pairs, "matching": matching, "words": words},
        name="pretrain_image_text",
    )
