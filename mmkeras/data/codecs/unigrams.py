"""Splits words into the most likely pieces, as TensorFlow operations."""

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs.vocabulary import Vocabulary

_UNKNOWN_PENALTY = 10.0  # As of SentencePiece.


class Unigrams:
    """The unigram model of SentencePiece: the best split, by Viterbi's search.

    A character that is no piece is an unknown piece, whose score is 10 less
    than the lowest one. Of equal splits, the one with the longer last piece is
    taken.

    Args:
        pieces: List of strings.
        scores: List of floats, `None` for pieces that are in no text.
        unknown: int. Id of unknown pieces.

    Reference:
        [Kudo, 2018](https://arxiv.org/abs/1804.10959)
    """

    def __init__(self, pieces, scores, unknown):
        in_texts = [i for i, score in enumerate(scores) if score is not None]
        texts = [pieces[i] for i in in_texts]
        self._index = Vocabulary(texts)
        self._ids = np.array(in_texts, "int32")
        self._scores = np.array([scores[i] for i in in_texts], "float32")
        self._longest = max(map(len, texts))
        lowest = self._scores.min() - np.float32(_UNKNOWN_PENALTY)
        self._unknown, self._unknown_score = unknown, np.float32(lowest)

    def __call__(self, words):
        """Splits words into pieces.

        Args:
            words: String tensor of shape `(n,)`, no word of which is empty.

        Returns:
            Ragged int32 tensor of ids, of shape `(n, pieces)`.
        """
        characters = tf.strings.unicode_split(words, "UTF-8")
        lengths = tf.cast(characters.row_lengths(), tf.int32)
        characters = tf.pad(characters.to_tensor(""), [[0, 0], [0, 1]])
        sizes, ids = self._search(characters)
        return _backtrack(sizes, ids, lengths)

    def _search(self, characters):
        """Finds the best last piece of the beginnings of words.

        Args:
            characters: String tensor of shape `(n, length)`.

        Returns:
            Tuple of the number of characters of this piece, and its id, int32
            of shape `(length, n)`.
        """
        count, length = tf.unstack(tf.shape(characters))
        # Ends of a beginning, the longest first, and the score before each.
        ends = tf.fill([count, self._longest], "")
        before = tf.concat(
            [
                tf.fill([count, self._longest - 1], -np.inf),
                tf.zeros([count, 1]),
            ],
            1,
        )

        def step(place, ends, before, sizes, ids):
            character = characters[:, place][:, None]
            ends = tf.concat([ends[:, 1:], tf.zeros_like(character)], 1)
            ends += character
            pieces, scores = self._find(ends)
            scores += before
            best = tf.argmax(scores, 1, tf.int32)  # The first, the longest.
            sizes = sizes.write(place, self._longest - best)
            ids = ids.write(place, tf.gather(pieces, best, batch_dims=1))
            score = tf.reduce_max(scores, 1, keepdims=True)
            before = tf.concat([before[:, 1:], score], 1)
            return place + 1, ends, before, sizes, ids

        def array():
            return tf.TensorArray(tf.int32, length, element_shape=[None])

        *_, sizes, ids = tf.while_loop(
            lambda place, *_: place < length,
            step,
            (tf.constant(0), ends, before, array(), array()),
        )
        return sizes.stack(), ids.stack()

    def _find(self, ends):
        """Ids and scores of strings, the last of which may be unknown."""
        place, is_piece = self._index.find(ends)
        ids, scores = (
            tf.gather(self._ids, place),
            tf.gather(self._scores, place),
        )
        is_single = tf.range(self._longest) == self._longest - 1
        ids = tf.where(is_piece, ids, self._unknown)
        other = tf.where(is_single, self._unknown_score, -np.inf)
        return ids, tf.where(is_piece, scores, other)


def _backtrack(sizes, ids, lengths):
    """Follows the best pieces from the ends of words to their beginnings."""
    columns = tf.range(tf.size(lengths))

    def step(left, path):
        place = tf.stack([tf.maximum(left - 1, 0), columns], 1)
        piece = tf.where(left > 0, tf.gather_nd(ids, place), -1)
        size = tf.where(left > 0, tf.gather_nd(sizes, place), 0)
        return left - size, path.write(path.size(), piece)

    path = tf.TensorArray(tf.int32, 0, True, element_shape=[None])
    path = path.write(0, tf.fill(tf.shape(lengths), -1))
    _, path = tf.while_loop(
        lambda left, _: tf.reduce_any(left > 0), step, (lengths, path)
    )
    path = tf.transpose(tf.reverse(path.stack(), [0]))
    return tf.ragged.boolean_mask(path, path >= 0)
