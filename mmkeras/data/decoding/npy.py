"""Reads the header of an `.npy` file of uint8 frames, in a graph."""

import tensorflow as tf

from mmkeras.data.decoding import headers

MAGIC = b"\x93NUMPY"
# Numbers whose product is an int64.
_SHAPE = r"(?s).*'shape': \((\d{1,6}), (\d{1,6}), (\d{1,6}), 3\).*"
_HEADER = r"(?s)\{.*'descr': '\|u1'.*'fortran_order': False.*\}.*"


def measure(encoded):
    """Reads the shape of an array `(frames, height, width, 3)`.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Tuple of the index of the first value, the shape, int64 `(3,)` without
        the channels, and a scalar bool: whether the array is uint8, in C
        order, and of such a shape.

    Reference: NumPy, `numpy.lib.format`.
    """
    head = headers.read(encoded, 0, 12)
    version, short, long = headers.numbers(head, [(6, 1), (8, 2), (8, 4)])
    prefix = tf.where(version == 1, 10, 12)
    size = tf.where(version == 1, short, long)
    end = tf.cast(tf.strings.length(encoded), tf.int64)
    prefix = tf.minimum(tf.cast(prefix, tf.int64), end)
    text = tf.strings.substr(encoded, prefix, tf.minimum(size, end - prefix))
    valid = tf.strings.regex_full_match(text, _HEADER)
    valid &= tf.strings.regex_full_match(text, _SHAPE)
    sides = tf.strings.regex_replace(text, _SHAPE, r"\1 \2 \3")
    sides = tf.strings.split(tf.where(valid, sides, "0 0 0"), " ")
    sides = tf.ensure_shape(tf.strings.to_number(sides, tf.int64), (3,))
    return prefix + size, sides, valid


def read(encoded, start, sides):
    """Reads the values of an array, which must be there completely.

    Args:
        encoded: Scalar string tensor.
        start: Index of the first value, as of `measure`.
        sides: Its shape, as of `measure`.

    Returns:
        uint8 tensor `(frames, height, width, 3)`.
    """
    count = 3 * tf.reduce_prod(sides)
    values = tf.strings.substr(encoded, start, count)
    values = tf.io.decode_raw(values, tf.uint8)
    return tf.reshape(values, tf.concat([sides, [3]], 0))
