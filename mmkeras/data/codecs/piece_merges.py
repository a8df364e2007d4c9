"""Merges the characters of words to pieces, as TensorFlow operations."""

import tensorflow as tf

from mmkeras.data.codecs.pair_table import PairTable
from mmkeras.data.codecs.vocabulary import Vocabulary


class PieceMerges:
    """The byte-pair encoding of SentencePiece, which merges characters.

    Two neighbours are merged if together they are a piece: first those that
    become the piece with the highest score, wherever they are, from the left.

    Args:
        pieces: List of strings.
        scores: List of floats, `None` for pieces that are in no text.

    Reference:
        [Sennrich et al., 2016](https://arxiv.org/abs/1508.07909)
    """

    def __init__(self, pieces, scores):
        ids = {
            piece: i
            for i, piece in enumerate(pieces)
            if scores[i] is not None and piece
        }
        self._characters = Vocabulary(pieces)
        long = [piece for piece in ids if len(piece) > 1]
        long.sort(key=lambda piece: -scores[ids[piece]])
        pairs = {
            (ids[piece[:i]], ids[piece[i:]]): (rank, ids[piece])
            for rank, piece in enumerate(long)
            for i in range(1, len(piece))
            if piece[:i] in ids and piece[i:] in ids
        }
        self._pairs = PairTable(pairs, len(pieces))

    def __call__(self, words):
        """Splits words into pieces.

        Args:
            words: String tensor of shape `(n,)`, no word of which is empty,
                of characters that are pieces.

        Returns:
            Ragged int32 tensor of ids, of shape `(n, pieces)`.
        """
        characters = tf.strings.unicode_split(words, "UTF-8")
        ids, _ = self._characters.find(characters.flat_values)
        rows = tf.cast(characters.value_rowids(), tf.int32)
        ids, rows = self._pairs.merge(ids, rows)
        return tf.RaggedTensor.from_value_rowids(
            ids, tf.cast(rows, tf.int64), tf.size(words, tf.int64)
        )
