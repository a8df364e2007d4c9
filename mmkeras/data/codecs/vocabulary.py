"""Finds words in a vocabulary, as TensorFlow operations."""

import numpy as np
import tensorflow as tf

# Among so many, two of a million words share a hash once in ten million
# vocabularies. The second of them would not be found.
_BUCKETS = 2**62


class Vocabulary:
    """A list of distinct words, searched by their hashes.

    A hash table would be a resource, which every export has to track.

    Args:
        words: List of strings.
    """

    def __init__(self, words):
        self._words = np.array([word.encode() for word in words], object)
        hashes = tf.strings.to_hash_bucket_fast(self._words, _BUCKETS).numpy()
        self._order = np.argsort(hashes).astype("int32")
        self._hashes = hashes[self._order]

    def find(self, words):
        """Finds words.

        Args:
            words: String tensor.

        Returns:
            Tuple of int32 places in the list, and booleans, whether each word
            is in the list; both of the shape of `words`.
        """
        hashes = tf.strings.to_hash_bucket_fast(words, _BUCKETS)
        place = tf.searchsorted(
            tf.constant(self._hashes), tf.reshape(hashes, (-1,))
        )
        place = tf.minimum(place, len(self._hashes) - 1)
        ids = tf.reshape(
            tf.gather(tf.constant(self._order), place), tf.shape(words)
        )
        return ids, self.words_of(ids) == words

    def words_of(self, ids):
        """Returns the words at places in the list.

        Args:
            ids: Integer tensor.

        Returns:
            String tensor of the same shape.
        """
        return tf.gather(tf.constant(self._words), ids)
