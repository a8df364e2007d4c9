"""Branches that encode text.

All take token ids, where id 0 is padding, and return one step per word, with
the mask of the words; a bag of words returns a single step.
"""

import os

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.branches import image_text
from mmkeras.branches.presets import load_backbone
from mmkeras.branches.token_ids import backbone_ids
from mmkeras.branches.token_ids import check_length
from mmkeras.layers import AttachMask
from mmkeras.layers import MaskedPool

_POOLER = "pooled_dense"  # Of BERT, behind its first word; not used.


def bow(
    vocabulary_size=5000,
    dim=256,
    dropout=0.0,
    vectors=None,
    name="text_encoder",
):
    """A bag of words: the mean of their vectors.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of a word's vector.
        dropout: float in [0, 1). Of the vectors.
        vectors: Initial array of shape `(vocabulary_size, size)`, e.g. of
            word2vec, or `None` for random ones of size `dim`.
        name: Name of the branch.

    Returns:
        A model from `(batch, length)` ids to `(batch, 1, dim)` features.

    Raises:
        ValueError: If `vectors` has another shape.

    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759)
    """
    tokens = _tokens()
    x = _words(tokens, vocabulary_size, dim, dropout, vectors)
    x = MaskedPool(name="mean")(x)
    x = keras.layers.Reshape((1, -1), name="bag")(x)
    return keras.Model(tokens, x, name=name)


def words(
    vocabulary_size=5000,
    dim=300,
    dropout=0.0,
    vectors=None,
    name="text_encoder",
):
    """Word vectors, without an encoder.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of a word's vector.
        dropout: float in [0, 1). Of the vectors.
        vectors: Initial array of shape `(vocabulary_size, size)`, e.g. of
            GloVe, or `None` for random ones of size `dim`.
        name: Name of the branch.

    Returns:
        A model from `(batch, length)` ids to `(batch, length, dim)` features.

    Raises:
        ValueError: If `vectors` has another shape.
    """
    tokens = _tokens()
    x = _words(tokens, vocabulary_size, dim, dropout, vectors)
    return keras.Model(tokens, x, name=name)


def gru(
    vocabulary_size=5000,
    dim=256,
    depth=1,
    dropout=0.2,
    vectors=None,
    name="text_encoder",
):
    """A bidirectional GRU over word vectors.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int, even. Size of a step's features, half of them from each
            direction.
        depth: int. Layers of GRUs.
        dropout: float in [0, 1). Of word vectors and between layers.
        vectors: Initial word vectors of shape `(vocabulary_size, size)`,
            or `None` for random ones of size `dim`.
        name: Name of the branch.

    Returns:
        A model from `(batch, length)` ids to `(batch, length, dim)` features.

    Raises:
        ValueError: If `dim` is odd, or if `vectors` has another shape.

    Reference:
        [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
    """
    cell = keras.layers.GRU
    return _recurrent(cell, vocabulary_size, dim, depth, dropout, vectors, name)


def lstm(
    vocabulary_size=5000,
    dim=256,
    depth=1,
    dropout=0.2,
    vectors=None,
    name="text_encoder",
):
    """A bidirectional LSTM over word vectors; see `gru`."""
    cell = keras.layers.LSTM
    return _recurrent(cell, vocabulary_size, dim, depth, dropout, vectors, name)


def transformer(
    vocabulary_size=5000,
    dim=256,
    length=128,
    depth=2,
    heads=4,
    dropout=0.1,
    feed_dim=None,
    scaled=False,
    name="text_encoder",
):
    """A Transformer encoder from KerasHub, trained from scratch.

    Args:
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of a step's features.
        length: int. Maximum length of a text.
        depth: int. Number of Transformer blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        feed_dim: int. Size of the feed-forward layers; by default `4 * dim`.
        scaled: bool. Whether the vectors of words and positions are initially
            of size 1 and are multiplied by `sqrt(dim)`, as in the paper.
        name: Name of the branch.

    Returns:
        A model from `(batch, length)` ids to `(batch, length, dim)` features.

    Raises:
        ValueError: If `heads` does not divide `dim`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """
    import keras_hub  # Late: it takes half a second.

    arguments.check_heads(dim, heads)
    tokens = _tokens()
    options = {}
    if scaled:
        deviation = dim**-0.5
        options["embeddings_initializer"] = keras.initializers.RandomNormal(
            stddev=deviation
        )
    x = keras_hub.layers.TokenAndPositionEmbedding(
        vocabulary_size, length, dim, name="words", **options
    )(tokens)
    if scaled:
        x = x * dim**0.5
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    x = AttachMask(name="padding")([x, tokens])
    for i in range(depth):
        x = keras_hub.layers.TransformerEncoder(
            feed_dim or 4 * dim,
            heads,
            dropout,
            "gelu",
            normalize_first=True,
            name=f"block_{i}",
        )(x)
    x = keras.layers.LayerNormalization(name="norm")(x)
    return keras.Model(tokens, x, name=name)


def hub(
    backbone,
    padding=0,
    trainable=False,
    max_length=None,
    offset=0,
    name="text_encoder",
):
    """Any text backbone of KerasHub.

    Args:
        backbone: A KerasHub backbone, built, or the name, handle or local
            folder of a preset, loaded by `from_preset`.
        padding: int. The id of padding in the backbone's vocabulary.
        trainable: bool. Whether to fine-tune the backbone.
        max_length: int. Maximum number of ids of a text, or `None` not to
            compare it with the backbone's.
        offset: int. What the ids are more than those of the backbone; with 1,
            id 0 is padding, whatever that of the backbone is.
        name: Name of the branch.

    Returns:
        A model from `(batch, length)` ids to `(batch, length, dim)` features;
        with the two encoders of CLIP or SigLIP, to the text's embedding,
        `(batch, 1, dim)`, see `image_text.text`.

    Raises:
        ValueError: If the backbone does not take a single text, or none of
            that length.
    """
    if isinstance(backbone, (str, os.PathLike)):
        backbone = load_backbone(backbone)
    check_length(backbone, max_length)
    if image_text.is_pair(backbone):
        return image_text.text(backbone, padding, trainable, offset, name)
    inputs = backbone.input if isinstance(backbone.input, dict) else {}
    fields = {"token_ids", "padding_mask", "segment_ids"}
    if "token_ids" not in inputs or set(inputs) - fields:
        raise ValueError(
            "`backbone` must be a text backbone with the inputs `token_ids` "
            f"and `padding_mask`. Received: {type(backbone).__name__}, which "
            f"takes {sorted(inputs) or backbone.input}"
        )
    backbone.trainable = trainable
    for layer in backbone.layers:
        if layer.name == _POOLER:
            layer.trainable = False
    tokens = _tokens()
    ids, mask = backbone_ids(tokens, padding, offset)
    arrays = {
        "token_ids": ids,
        "padding_mask": mask,
        "segment_ids": ops.zeros_like(tokens),
    }
    outputs = backbone({key: arrays[key] for key in inputs})
    if isinstance(outputs, dict):
        outputs = outputs["sequence_output"]
    x = AttachMask(name="padding")([outputs, mask])
    return keras.Model(tokens, x, name=name)


def _recurrent(cell, vocabulary_size, dim, depth, dropout, vectors, name):
    arguments.check_even(dim)
    tokens = _tokens()
    x = _words(tokens, vocabulary_size, dim, dropout, vectors)
    for i in range(depth):
        if i:
            x = keras.layers.Dropout(dropout, name=f"dropout_{i}")(x)
        steps = cell(dim // 2, return_sequences=True)
        x = keras.layers.Bidirectional(steps, name=f"bidirectional_{i}")(x)
    return keras.Model(tokens, x, name=name)


def _tokens():
    return keras.Input((None,), dtype="int32", name="tokens")


def _words(tokens, vocabulary_size, dim, dropout, vectors):
    """Word vectors, with padding masked."""
    arguments.check_vectors(vectors, vocabulary_size)
    dim = dim if vectors is None else vectors.shape[1]
    words = keras.layers.Embedding(
        vocabulary_size, dim, mask_zero=True, name="words"
    )
    x = words(tokens)
    if vectors is not None:
        words.set_weights([vectors])
    return keras.layers.Dropout(dropout, name="dropout")(x)
