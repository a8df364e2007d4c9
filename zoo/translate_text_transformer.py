"""A Transformer encoder and a Transformer decoder of subwords."""

import keras

from mmkeras import arguments
from mmkeras import branches
from mmkeras import decoders
from mmkeras import layers
from mmkeras.registry import register


@register(
    "translate-text-transformer",
    task="translate",
    paper="https://arxiv.org/abs/1706.03762",
    tiny={
        "vocabulary_size": 11,
        "dim": 8,
        "feed_dim": 16,
        "depth": 1,
        "heads": 2,
    },
    recipe={"learning_rate": 5e-3},
)
def translate_text_transformer(
    vocabulary_size=(6259, 6259),
    dim=128,
    feed_dim=256,
    depth=4,
    heads=4,
    dropout=0.2,
    length=128,
    tied=True,
):
    """Builds a Transformer that translates a text.

    The default sizes are those of "Transformer-tiny", which Wu et al. (2021,
    https://arxiv.org/abs/2105.14462) found best for 29,000 pairs of sentences.
    Dropout is less than the 0.3 there: it also drops attention weights and
    features of the source.

    Departure from the paper: norms before each sublayer, and learned
    positions.

    Args:
        vocabulary_size: int. Number of token ids, or a pair of those of the
            source and of the translation; id 0 is padding.
        dim: int. Size of words and blocks.
        feed_dim: int. Size of the feed-forward layers.
        depth: int. Number of encoder blocks, and of decoder blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        length: int. Maximum number of ids of a text.
        tied: bool. Whether the output layer has the decoder's vectors of the
            words.

    Returns:
        A model from `"source"`, token ids of shape `(batch, length)`, and
        `"tokens"`, those of the translation so far, to next-token logits of
        shape `(batch, length, vocabulary_size)`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """
    source_size, target_size = arguments.pair(vocabulary_size)
    encoder = branches.text.transformer(
        *(source_size, dim, length, depth, heads, dropout),
        feed_dim=feed_dim,
        scaled=True,
        name="encoder",
    )
    source = keras.Input((None,), dtype="int32", name="source")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    features = encoder(source)
    # Padding is all zero, which the decoder does not attend to.
    context = features * layers.MaskToFloat(name="source_mask")(features)
    decoder = decoders.TransformerDecoder(
        *(target_size, dim, depth, heads, dropout, length, feed_dim),
        tied=tied,
        mask_zero=True,
        name="decoder",
    )
    inputs = {"source": source, "tokens": tokens}
    logits = decoder([tokens, context])
    return keras.Model(inputs, logits, name="translate_text_transformer")
