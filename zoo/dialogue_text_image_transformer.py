"""Image regions attend to a dialogue, turn by turn; a Transformer answers."""

import functools

import keras
from keras import ops

from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "dialogue-text-image-transformer",
    task="dialogue",
    paper="https://arxiv.org/abs/1706.03762",
    tiny={
        "vocabulary_size": 11,
        "image_shape": (64, 64, 3),
        "history_shape": (2, 4),
        "dim": 8,
        "depth": 1,
        "heads": 2,
    },
    recipe={"model": {"dim": 64, "depth": 1}},
)
def dialogue_text_image_transformer(
    vocabulary_size=5000,
    image_shape=(96, 96, 3),
    history_shape=(10, 24),
    dim=128,
    depth=2,
    heads=4,
    dropout=0.0,
    image=None,
):
    """Builds a Transformer that answers in a dialogue about an image.

    The regions of the image attend to one turn after the other, the question
    last, through the same `depth` blocks: first to each other, then to the
    words of the turn. The resulting regions are the memory of a decoder of
    `depth` blocks.

    Departure from the paper: the source is an image, and the encoder blocks
    are repeated, turn by turn.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        image_shape: Tuple `(height, width, channels)`, pixels in [0, 1].
        history_shape: Tuple `(turns, length)` of the dialogue history.
        dim: int. Size of a word and of a region.
        depth: int. Number of encoder blocks, and of decoder blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        image: Image branch. Defaults to `branches.image.cnn`, whose
            regions are 32 pixels wide.

    Returns:
        A model from `"image"`, shape `(batch, *image_shape)`, `"history"`,
        token ids of shape `(batch, turns, length)`, `"question"`, of shape
        `(batch, length)`, optionally `"presence"`, booleans of shape `(batch,
        3)`, and `"tokens"`, the answer's ids, of shape `(batch, length)`, to
        next-word logits of shape `(batch, length, vocabulary_size)`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """
    import keras_hub  # Late: it takes half a second.

    turns, length = history_shape
    encoder = image or branches.image.cnn(image_shape, dim, 5, "image_encoder")
    text_encoder = branches.text.transformer(
        vocabulary_size, dim, length, 1, heads, dropout, name="words"
    )
    pixels = layers.input_like(encoder, "image")
    history = keras.Input(history_shape, dtype="int32", name="history")
    question = keras.Input((length,), dtype="int32", name="question")
    presence = layers.presence_input(3)
    tokens = keras.Input((None,), dtype="int32", name="tokens")

    x = keras.layers.LayerNormalization(name="image_norm")(encoder(pixels))
    # Positions are scaled like image features; otherwise they are not learned.
    large = keras.initializers.RandomNormal(stddev=1.0)
    x += keras_hub.layers.PositionEmbedding(x.shape[1], large, name="grid")(x)
    words = text_encoder(ops.reshape(history, (-1, length)))
    words = ops.reshape(words, (-1, turns * length, dim))
    ids = ops.reshape(history, (-1, turns * length))
    words = layers.AttachMask(name="history_features")([words, ids])
    features = [x, words, text_encoder(question)]
    x, words, question_words = layers.replace_missing(features, presence)
    masks = layers.MaskToFloat(name="turn_mask")(words) > 0
    masks = ops.reshape(masks, (-1, turns, length))
    words = ops.reshape(words, (-1, turns, length, dim))
    block = functools.partial(
        keras_hub.layers.TransformerDecoder, 4 * dim, heads, dropout, "gelu"
    )
    blocks = [
        block(normalize_first=True, name=f"block_{i}") for i in range(depth)
    ]

    def encode(x, words, mask):
        for block in blocks:
            x = block(x, words, None, None, mask, use_causal_mask=False)
        return x

    for i in range(turns):
        is_turn = ops.any(masks[:, i], axis=-1)[:, None, None]
        x = ops.where(is_turn, encode(x, words[:, i], masks[:, i]), x)
    mask = layers.MaskToFloat(name="question_mask")(question_words)[..., 0] > 0
    x = encode(x, question_words, mask)
    decoder = decoders.TransformerDecoder(
        vocabulary_size, dim, depth, heads, dropout, name="decoder"
    )
    logits = decoder([tokens, x])
    inputs = (pixels, history, question, presence, tokens)
    inputs = {x.name: x for x in inputs}
    return layers.MultimodalModel(
        inputs, logits, name="dialogue_text_image_transformer"
    )
