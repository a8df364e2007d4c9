"""Branches that encode each utterance of a conversation.

All take token ids of shape `(batch, utterances, words)`, where id 0 is
padding, and return one step per utterance, with the mask of the utterances
that have words.
"""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.layers import AttachMask
from mmkeras.layers import TextMeans


def word_pairs(
    shape=(24, 32),
    vocabulary_size=5000,
    dim=128,
    dropout=0.5,
    vectors=None,
    name="text_encoder",
):
    """The mean of word vectors, and the maximum over pairs of words.

    Args:
        shape: Tuple `(utterances, words)`.
        vocabulary_size: int. Number of token ids; id 0 is padding.
        dim: int. Size of word vectors, and number of features of a pair.
        dropout: float in [0, 1). Of word vectors.
        vectors: Initial word vectors of shape `(vocabulary_size, size)`,
            or `None` for random ones of size `dim`.
        name: Name of the branch.

    Returns:
        A model from `(batch, utterances, words)` ids to `(batch, utterances,
        size + dim)` features.

    Raises:
        ValueError: If `vectors` has another shape.
    """
    arguments.check_vectors(vectors, vocabulary_size)
    tokens = keras.Input(shape, dtype="int32", name="tokens")
    words = ops.reshape(tokens, (-1, shape[1]))  # Utterance by utterance.
    word_mask = ops.expand_dims(ops.not_equal(words, 0), -1)
    size = dim if vectors is None else vectors.shape[1]
    table = keras.layers.Embedding(vocabulary_size, size, name="words")
    x = keras.layers.Dropout(dropout, name="noise")(table(words))
    if vectors is not None:
        table.set_weights([vectors])
    x = ops.where(word_mask, x, 0)
    pairs = keras.layers.Conv1D(dim, 2, padding="same", name="pairs")(x)
    maximum = ops.max(ops.where(word_mask, ops.relu(pairs), 0), axis=1)
    mean = ops.sum(x, 1) / ops.maximum(
        ops.sum(ops.cast(word_mask, x.dtype), 1), 1
    )
    x = ops.concatenate([mean, maximum], -1)
    x = ops.reshape(x, (-1, shape[0], x.shape[-1]))
    return _masked(tokens, x, name)


def means(encoder, shape=(24, 32), name="text_encoder"):
    """The mean of the words of each utterance, as a text branch encodes them.

    Args:
        encoder: A branch of `branches.text`.
        shape: Tuple `(utterances, words)`.
        name: Name of the branch.

    Returns:
        A model from `(batch, utterances, words)` ids to `(batch, utterances,
        dim)` features.
    """
    tokens = keras.Input(shape, dtype="int32", name="tokens")
    return _masked(tokens, TextMeans(encoder, name="means")(tokens), name)


def _masked(tokens, x, name):
    mask = ops.any(ops.not_equal(tokens, 0), -1)
    return keras.Model(tokens, AttachMask(name="padding")([x, mask]), name=name)
