"""Reads the headers of image and audio files before they are decoded.

Pure TensorFlow string operations on one scalar string, so that a graph can
reject a file by its header, at no cost in memory. Bytes past the end of a file
are zeros.
"""

import numpy as np
import tensorflow as tf

KINDS = ("JPEG", "PNG", "GIF", "BMP", "WebP")
JPEG, PNG, GIF, BMP, WEBP, UNKNOWN = range(6)

# Position and value of the first bytes of each kind of file.
_MAGIC = (
    {0: b"\xff\xd8\xff"},
    {0: b"\x89PNG\r\n\x1a\n"},
    {0: b"GIF8"},
    {0: b"BM", 6: b"\0\0\0\0"},
    {0: b"RIFF", 8: b"WEBPVP8"},
)
_LONGEST = 16


def _magic_bytes():
    """First bytes of each kind, int64 `(kinds, 16)`; -1 is any byte."""
    table = np.full((len(_MAGIC), _LONGEST), -1)
    for row, magic in zip(table, _MAGIC):
        for start, value in magic.items():
            row[start : start + len(value)] = list(value)
    return table


_MAGIC_BYTES = _magic_bytes()


def read(encoded, position, count):
    """Reads bytes of a file.

    Args:
        encoded: Scalar string tensor.
        position: Index of the first byte; an integer or a scalar tensor.
        count: int. Number of bytes.

    Returns:
        int64 tensor of shape `(count,)`, zeros past the end of the file.
    """
    if isinstance(position, int):  # Fewer operations from the beginning.
        values = _beginning(encoded, position + count)
        return values[position:] if position else values
    end = tf.cast(tf.strings.length(encoded), tf.int64)
    position = tf.clip_by_value(tf.cast(position, tf.int64), 0, end)
    length = tf.constant(count, tf.int64)
    return _beginning(tf.strings.substr(encoded, position, length), count)


def _beginning(encoded, count):
    values = tf.io.decode_raw(encoded, tf.uint8, fixed_length=count)
    values.set_shape((count,))
    return tf.cast(values, tf.int64)


def big(values):
    """Joins bytes (last axis) into an integer, the highest byte first."""
    [number] = numbers(values, [(0, values.shape[-1])], big=True)
    return number


def little(values):
    """Joins bytes (last axis) into an integer, the lowest byte first."""
    [number] = numbers(values, [(0, values.shape[-1])])
    return number


def numbers(values, places, big=False):
    """Joins several groups of bytes, in few operations.

    Args:
        values: int64 tensor of shape `(..., count)`.
        places: List of pairs: index of the first byte, and number of bytes.
        big: Whether the highest byte is first; bool, or a scalar tensor.

    Returns:
        List of int64 tensors of the shape of `values` without the last axis.
    """
    weights = np.zeros((2, len(places), values.shape[-1]), "int64")
    for row, (start, count) in enumerate(places):
        powers = 256 ** np.arange(count)
        weights[:, row, start : start + count] = powers, powers[::-1]
    order = (
        tf.where(big, *weights[::-1])
        if tf.is_tensor(big)
        else weights[int(big)]
    )
    if values.shape.rank > 1:
        values = values[..., None, :]
    return tf.unstack(tf.reduce_sum(values * order, -1), axis=-1)


def has(values, expected, position=0):
    """Compares bytes of a file with expected ones.

    Args:
        values: int64 tensor of shape `(count,)`.
        expected: Python bytes.
        position: Index in `values` of the first byte to compare.

    Returns:
        Scalar bool.
    """
    part = values[position : position + len(expected)]
    return tf.reduce_all(part == list(expected))


def kind(encoded):
    """Determines the format of a file from its first bytes.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Scalar int32: an index into `KINDS`, or `UNKNOWN`.
    """
    head = read(encoded, 0, _LONGEST)
    matches = tf.reduce_all((head == _MAGIC_BYTES) | (_MAGIC_BYTES < 0), 1)
    matches = tf.concat([matches, [True]], 0)
    return tf.argmax(tf.cast(matches, tf.int32), output_type=tf.int32)


def is_plain_jpeg(encoded):
    """Checks whether a file is a JPEG without EXIF, in one read.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Scalar bool; also false for some JPEGs without EXIF.
    """
    head = read(encoded, 0, 22)
    # The next segment is neither for applications (E0..EF) nor a comment.
    closed = (head[20] == 0xFF) & (head[21] < 0xE0)
    return closed & has(head, b"\xff\xd8\xff\xe0\0\x10JFIF")


def jpeg_size(encoded):
    """Reads a JPEG's `[height, width]`, int64, before any rotation.

    Raises:
        tf.errors.InvalidArgumentError: If the header is broken.
    """
    shape = tf.image.extract_jpeg_shape(encoded, output_type=tf.int32)
    return tf.cast(shape[:2], tf.int64)


def png_size(encoded):
    """Reads a PNG's `[height, width]`, int64."""
    head = read(encoded, 16, 8)
    return tf.stack(numbers(head, [(4, 4), (0, 4)], big=True))


def gif_size(encoded):
    """Reads a GIF's `[height, width]`, int64."""
    head = read(encoded, 6, 4)
    return tf.stack(numbers(head, [(2, 2), (0, 2)]))


def bmp_size(encoded):
    """Reads a BMP's `[height, width]`, int64."""
    width, height = numbers(read(encoded, 18, 8), [(0, 4), (4, 4)])
    return tf.stack([tf.abs(signed(height)), width])


def webp_size(encoded):
    """Reads a WebP's `[height, width]`, int64, from its first chunk."""
    head = read(encoded, 12, 18)
    places = [(9, 4), (15, 3), (12, 3), (16, 2), (14, 2)]
    bits, *extended, height, width = numbers(head, places)
    lossless = tf.stack([bits // 2**14 % 2**14 + 1, bits % 2**14 + 1])
    extended = tf.stack(extended) + 1
    lossy = tf.stack([height, width]) % 2**14
    return tf.where(
        has(head, b"VP8X"),
        extended,
        tf.where(has(head, b"VP8L"), lossless, lossy),
    )


def webp_has_alpha(encoded):
    """Checks whether a WebP has a transparency channel."""
    head = read(encoded, 12, 13)
    extended = has(head, b"VP8X") & _has_bit(head[8], 0x10)
    return extended | (has(head, b"VP8L") & _has_bit(head[12], 0x10))


def webp_has_exif(encoded):
    """Checks whether a WebP has EXIF data."""
    head = read(encoded, 12, 9)
    return has(head, b"VP8X") & _has_bit(head[8], 0x08)


def webp_is_animated(encoded):
    """Checks whether a WebP is an animation."""
    head = read(encoded, 12, 9)
    return has(head, b"VP8X") & _has_bit(head[8], 0x02)


def _has_bit(value, bit):
    return tf.bitwise.bitwise_and(value, bit) > 0


def signed(number):
    """Reinterprets an unsigned number of four bytes as a signed one."""
    return tf.where(number < 2**31, number, number - 2**32)


def complete(encoded, kind):
    """Checks whether a file ends as a complete file of its kind does.

    Args:
        encoded: Scalar string tensor.
        kind: Scalar int32, as from `kind(encoded)`.

    Returns:
        Scalar bool. Only for explaining a failure: some complete files have
        further bytes after their end.
    """
    head = read(encoded, 0, 8)
    length = tf.cast(tf.strings.length(encoded), tf.int64)
    tail = read(encoded, length - 8, 8)
    return tf.switch_case(
        kind,
        [
            lambda: has(tail, b"\xff\xd9", 6),
            lambda: has(tail, b"IEND"),
            lambda: has(tail, b"\x3b", 7),
            lambda: length >= little(head[2:6]),
            lambda: length >= little(head[4:8]) + 8,
            lambda: tf.constant(True),
        ],
    )
