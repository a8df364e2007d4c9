"""Reads how a picture must be turned, from the EXIF data of its file.

Pure TensorFlow string operations on one scalar string, as in `headers`.

Reference: CIPA DC-008, Exchangeable image file format (Exif 2.32).
"""

import tensorflow as tf

from mmkeras.data.codecs import headers

# More than any camera writes; bounds on what a hostile file can cost.
_MOST_SEGMENTS = 300
_MOST_CHUNKS = 100
_MOST_TAGS = 128
_ORIENTATION = 0x0112
_SHORT, _LONG, _SIGNED_SHORT, _SIGNED_LONG = 3, 4, 8, 9
_PREFIX = b"Exif\0\0"


def of_jpeg(encoded):
    """Reads the EXIF orientation of a JPEG.

    Args:
        encoded: Scalar string tensor, a JPEG file.

    Returns:
        Scalar int64, 1 to 8; 1 where the file has none.
    """

    def is_other(position, segment, steps):
        marker = segment[1]
        extra = ((marker >= 0xE0) & (marker <= 0xEF)) | (marker == 0xFE)
        # Bytes between segments, 0xFF among them, are skipped by decoders.
        extra |= (segment[0] != 0xFF) | (marker == 0xFF) | (marker == 0)
        return extra & (steps < _MOST_SEGMENTS) & ~_is_exif(segment)

    def advance(position, segment, steps):
        filled = (segment[0] != 0xFF) | (segment[1] == 0xFF)
        length = 2 + headers.big(segment[2:4])
        length = tf.where(segment[1] == 0, tf.constant(2, tf.int64), length)
        position += tf.where(filled, tf.constant(1, tf.int64), length)
        return position, headers.read(encoded, position, 10), steps + 1

    start = tf.constant(2, tf.int64)
    first = headers.read(encoded, start, 10)
    position, segment, _ = tf.while_loop(
        is_other, advance, (start, first, tf.constant(0))
    )
    size = headers.big(segment[2:4]) - 2
    return _within(encoded, position + 4, size, _is_exif(segment))


def of_png(encoded):
    """Reads the EXIF orientation of a PNG, from a chunk before its pixels.

    Args:
        encoded: Scalar string tensor, a PNG file.

    Returns:
        As of `of_jpeg`.
    """

    def is_other(position, chunk, steps):
        last = headers.has(chunk, b"IDAT", 4) | headers.has(chunk, b"eXIf", 4)
        return ~last & (steps < _MOST_CHUNKS)

    def advance(position, chunk, steps):
        position += 12 + headers.big(chunk[:4])
        return position, headers.read(encoded, position, 8), steps + 1

    position, chunk = _walk(encoded, 8, is_other, advance)
    found = headers.has(chunk, b"eXIf", 4)
    return _within(encoded, position + 8, headers.big(chunk[:4]), found)


def of_webp(encoded):
    """Reads the EXIF orientation of a WebP.

    Args:
        encoded: Scalar string tensor, a WebP file.

    Returns:
        As of `of_jpeg`.
    """

    def is_other(position, chunk, steps):
        return ~headers.has(chunk, b"EXIF") & (steps < _MOST_CHUNKS)

    def advance(position, chunk, steps):
        size = headers.little(chunk[4:])
        position += 8 + size + size % 2
        return position, headers.read(encoded, position, 8), steps + 1

    def search():
        position, chunk = _walk(encoded, 12, is_other, advance)
        found = headers.has(chunk, b"EXIF")
        return _within(encoded, position + 8, headers.little(chunk[4:]), found)

    return tf.cond(
        headers.webp_has_exif(encoded),
        search,
        lambda: tf.constant(1, tf.int64),
    )


def _walk(encoded, start, is_other, advance):
    """Steps over chunks; returns the last one's place and first bytes."""
    start = tf.constant(start, tf.int64)
    first = headers.read(encoded, start, 8)
    position, chunk, _ = tf.while_loop(
        is_other, advance, (start, first, tf.constant(0))
    )
    return position, chunk


def _is_exif(segment):
    return headers.has(segment, b"\xff\xe1") & headers.has(segment, _PREFIX, 4)


def _within(encoded, position, size, exists):
    """Reads the orientation in a part of a file, if there is that part."""
    end = tf.cast(tf.strings.length(encoded), tf.int64)
    position = tf.minimum(position, end)

    def read():
        part = tf.strings.substr(encoded, position, tf.maximum(size, 0))
        prefixed = headers.has(headers.read(part, 0, 6), _PREFIX)
        start = tf.where(prefixed, tf.constant(6, tf.int64), 0)
        start = tf.minimum(start, tf.cast(tf.strings.length(part), tf.int64))
        return _of_tiff(tf.strings.substr(part, start, tf.maximum(size, 0)))

    return tf.cond(exists, read, lambda: tf.constant(1, tf.int64))


def _of_tiff(data):
    """Looks for the orientation in the first directory of a TIFF header.

    As in Pillow, the last entry that can be read is taken, and the first of
    several values; entries of other types than integers are none.
    """
    end = tf.cast(tf.strings.length(data), tf.int64)
    head = headers.read(data, 0, 8)
    is_little = headers.has(head, b"II")

    def join(values):
        little, big = headers.little(values), headers.big(values)
        return tf.where(is_little, little, big)

    directory = join(head[4:8])
    count = join(headers.read(data, directory, 2))
    tags = headers.read(data, directory + 2, 12 * _MOST_TAGS)
    tags = tf.reshape(tags, (_MOST_TAGS, 12))
    number = tf.range(_MOST_TAGS, dtype=tf.int64)
    kind, values = join(tags[:, 2:4]), join(tags[:, 4:8])
    is_short = (kind == _SHORT) | (kind == _SIGNED_SHORT)
    is_long = (kind == _LONG) | (kind == _SIGNED_LONG)
    size = values * tf.cast(tf.where(is_short, 2, 4), tf.int64)
    apart = size > 4
    inside = ~apart | (join(tags[:, 8:12]) + size <= end)
    valid = (join(tags[:, :2]) == _ORIENTATION) & (is_short | is_long)
    valid &= (values > 0) & inside & (number < count)
    valid &= directory + 2 + 12 * (number + 1) <= end
    last = tf.reduce_max(tf.where(valid, number, -1))
    entry = tf.gather(tags, tf.maximum(last, 0))
    place = directory + 2 + 12 * tf.maximum(last, 0) + 8
    place = tf.where(apart[tf.maximum(last, 0)], join(entry[8:12]), place)
    value = headers.read(data, place, 4)
    short = is_short[tf.maximum(last, 0)]
    value = tf.where(short, join(value[:2]), join(value))
    known = (last >= 0) & (value >= 1) & (value <= 8)
    return tf.where(known, value, 1)
