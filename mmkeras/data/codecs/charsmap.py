"""Normalizes characters as SentencePiece does, as TensorFlow operations."""

import base64

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs import normalization

_LABEL = 0x800000FF


class Charsmap:
    """Replaces sequences of bytes by those of a table, the longest first.

    The table is a double-array trie, in the format of SentencePiece: the size
    of the trie in bytes, its units of 32 bits, and the replacements, each of
    which ends with a zero.

    Args:
        text: Base64 of the table, or `""` for none.

    Raises:
        ValueError: If it is not such a table.

    Reference:
        [Yata et al., 2007](https://github.com/s-yata/darts-clone)
    """

    def __init__(self, text):
        self._units = None
        if not text:
            return
        try:
            data = base64.b64decode(text, validate=True)
            size = int.from_bytes(data[:4], "little")
            units = np.frombuffer(data[4 : 4 + size], "<u4").astype("int64")
        except ValueError as error:
            raise ValueError(f"`charsmap` is not a table: {error}") from error
        if not 0 < size <= len(data) - 4:
            raise ValueError(
                f"`charsmap` must have {size} bytes of a trie. Received: "
                f"{len(data) - 4}"
            )
        self._units = units
        parts = data[4 + size :].split(b"\0")
        self._places = np.cumsum([0, *(len(x) + 1 for x in parts[:-1])])
        self._texts = np.array(parts, object)

    def __call__(self, text):
        """Normalizes strings.

        Args:
            text: String tensor of shape `(n,)`, valid UTF-8.

        Returns:
            String tensor of shape `(n,)`.
        """
        if self._units is None:
            return text
        data, rows = _bytes(text)
        lengths, _ = self._matches(data, rows)
        changed = tf.math.unsorted_segment_max(lengths, rows, tf.size(text))
        return normalization.where(changed > 0, self._normalize, text)

    def _normalize(self, text):
        data, rows = _bytes(text)
        lengths, values = self._matches(data, rows)
        begins = _begins(lengths, rows, tf.size(text))
        place = tf.searchsorted(self._places, values)
        place = tf.minimum(place, len(self._texts) - 1)
        letters = tf.gather([bytes([x]) for x in range(256)], data)
        parts = tf.where(lengths > 0, tf.gather(self._texts, place), letters)
        parts = tf.where(begins, parts, "")
        ragged = tf.RaggedTensor.from_value_rowids(parts, rows, tf.size(text))
        return tf.strings.reduce_join(ragged, 1)

    def _matches(self, data, rows):
        """The longest match from each byte on: its length and its value."""
        count = tf.size(data)
        places = tf.range(count)

        def step(depth, node, alive, lengths, values):
            at = tf.minimum(places + depth, count - 1)
            byte = tf.cast(tf.gather(data, at), tf.int64)
            alive &= (places + depth < count) & (tf.gather(rows, at) == rows)
            node = tf.bitwise.bitwise_xor(node, byte)
            unit = self._unit(node)
            alive &= tf.bitwise.bitwise_and(unit, _LABEL) == byte
            node = tf.bitwise.bitwise_xor(node, _offset(unit))
            is_leaf = tf.bitwise.bitwise_and(tf.bitwise.right_shift(unit, 8), 1)
            matched = alive & (is_leaf > 0)
            value = tf.bitwise.bitwise_and(self._unit(node), 0x7FFFFFFF)
            lengths = tf.where(matched, depth + 1, lengths)
            values = tf.where(matched, value, values)
            return depth + 1, node, alive, lengths, values

        root = _offset(tf.constant(self._units[0]))
        *_, lengths, values = tf.while_loop(
            lambda _, __, alive, *___: tf.reduce_any(alive),
            step,
            (
                tf.constant(0),
                tf.fill([count], root),
                tf.fill([count], True),
                tf.zeros([count], tf.int32),
                tf.zeros([count], tf.int64),
            ),
        )
        return lengths, values

    def _unit(self, node):
        node = tf.clip_by_value(node, 0, len(self._units) - 1)
        return tf.gather(self._units, node)


def _begins(lengths, rows, count):
    """Where matches begin, and bytes that are in none, from left to right."""
    size = tf.size(lengths)
    sizes = tf.math.unsorted_segment_sum(tf.ones_like(rows), rows, count)
    ends = tf.cumsum(sizes)

    def step(place, begins):
        is_inside = place < ends
        at = tf.boolean_mask(place, is_inside)
        begins = tf.tensor_scatter_nd_update(
            begins, at[:, None], tf.ones_like(at, tf.bool)
        )
        length = tf.gather(lengths, tf.minimum(place, size - 1))
        return place + tf.where(is_inside, tf.maximum(length, 1), 0), begins

    _, begins = tf.while_loop(
        lambda place, _: tf.reduce_any(place < ends),
        step,
        (ends - sizes, tf.zeros([size], tf.bool)),
    )
    return begins


def _offset(unit):
    """Distance of the children of a unit of the trie."""
    shift = tf.bitwise.bitwise_and(tf.bitwise.right_shift(unit, 9), 1) * 8
    return tf.bitwise.left_shift(tf.bitwise.right_shift(unit, 10), shift)


def _bytes(text):
    """The bytes of strings, int32, and the number of the string of each."""
    data = tf.io.decode_raw(tf.strings.reduce_join(text), tf.uint8)
    rows = tf.repeat(tf.range(tf.size(text)), tf.strings.length(text))
    return tf.cast(data, tf.int32), rows
