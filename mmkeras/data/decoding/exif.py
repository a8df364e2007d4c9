"""Reads the orientation of an image from the EXIF data of its file.

Pure TensorFlow string operations on one scalar string, as in `headers`.

Reference: CIPA DC-008, Exchangeable image file format (Exif 2.32).
"""

import tensorflow as tf

from mmkeras.data.decoding import headers

# More than any camera writes; bounds on the cost of a hostile file.
_MOST_SEGMENTS = 300
_MOST_CHUNKS = 100
_MOST_TAGS = 128
_ORIENTATION = 0x0112
_SHORT, _LONG, _SIGNED_SHORT, _SIGNED_LONG = 3, 4, 8, 9
_PREFIX = b"Exif\0\0"


def orientation(encoded, kind):
    """Reads the orientation of an image.

    Args:
        encoded: Scalar string tensor, an image file.
        kind: Scalar int32, as from `headers.kind(encoded)`.

    Returns:
        Scalar int64, 1 to 8; 1 if the file has no orientation.
    """

    def nothing():
        zero = tf.constant(0, tf.int64)
        return zero, tf.identity(zero), tf.constant(False)

    readers = {
        headers.JPEG: _in_jpeg,
        headers.PNG: _in_png,
        headers.WEBP: _in_webp,
    }
    places = [len(readers)] * (headers.UNKNOWN + 1)
    for place, container in enumerate(readers):
        places[container] = place
    position, size, exists = tf.switch_case(
        tf.gather(places, kind),
        [lambda read=read: read(encoded) for read in readers.values()]
        + [nothing],
    )
    return tf.cond(
        exists,
        lambda: _read_part(encoded, position, size),
        lambda: tf.constant(1, tf.int64),
    )


def _in_jpeg(encoded):
    """Finds EXIF data in a JPEG: position, size, and whether it exists."""

    def is_other(position, segment, steps):
        first, marker = tf.unstack(segment)[:2]
        extra = ((marker >= 0xE0) & (marker <= 0xEF)) | (marker == 0xFE)
        # Bytes between segments, 0xFF among them, are skipped by decoders.
        extra |= (first != 0xFF) | (marker == 0xFF) | (marker == 0)
        return extra & (steps < _MOST_SEGMENTS) & ~_is_exif(segment)

    def advance(position, segment, steps):
        first, marker = tf.unstack(segment)[:2]
        is_fill = (first != 0xFF) | (marker == 0xFF)
        length = 2 + _size_of(segment)
        length = tf.where(marker == 0, tf.constant(2, tf.int64), length)
        position += tf.where(is_fill, tf.constant(1, tf.int64), length)
        return position, headers.read(encoded, position, 10), steps + 1

    position, segment = _walk(encoded, 2, 10, is_other, advance)
    return position + 4, _size_of(segment) - 2, _is_exif(segment)


def _size_of(segment):
    return headers.big(segment[2:4])


def _in_png(encoded):
    """Finds EXIF data in a PNG, in a chunk before its pixels."""

    def is_other(position, chunk, steps):
        last = headers.has(chunk, b"IDAT", 4) | headers.has(chunk, b"eXIf", 4)
        return ~last & (steps < _MOST_CHUNKS)

    def advance(position, chunk, steps):
        position += 12 + headers.numbers(chunk, [(0, 4)], big=True)[0]
        return position, headers.read(encoded, position, 8), steps + 1

    position, chunk = _walk(encoded, 8, 8, is_other, advance)
    [size] = headers.numbers(chunk, [(0, 4)], big=True)
    return position + 8, size, headers.has(chunk, b"eXIf", 4)


def _in_webp(encoded):
    """Finds EXIF data in a WebP whose header declares it."""
    declared = headers.webp_has_exif(encoded)

    def is_other(position, chunk, steps):
        more = declared & (steps < _MOST_CHUNKS)
        return more & ~headers.has(chunk, b"EXIF")

    def advance(position, chunk, steps):
        [size] = headers.numbers(chunk, [(4, 4)])
        position += 8 + size + size % 2
        return position, headers.read(encoded, position, 8), steps + 1

    position, chunk = _walk(encoded, 12, 8, is_other, advance)
    [size] = headers.numbers(chunk, [(4, 4)])
    return position + 8, size, declared & headers.has(chunk, b"EXIF")


def _walk(encoded, start, count, is_other, advance):
    """Skips chunks; returns the position and first bytes of the last one."""
    start = tf.constant(start, tf.int64)
    first = headers.read(encoded, start, count)
    position, chunk, _ = tf.while_loop(
        is_other, advance, (start, first, tf.constant(0))
    )
    return position, chunk


def _is_exif(segment):
    return headers.has(segment, b"\xff\xe1") & headers.has(segment, _PREFIX, 4)


def _read_part(encoded, position, size):
    """Reads the orientation in a part of a file."""
    end = tf.cast(tf.strings.length(encoded), tf.int64)
    position, size = tf.minimum(position, end), tf.maximum(size, 0)
    part = tf.strings.substr(encoded, position, size)
    prefixed = headers.has(headers.read(part, 0, 6), _PREFIX)
    start = tf.where(prefixed, tf.constant(6, tf.int64), 0)
    start = tf.minimum(start, tf.cast(tf.strings.length(part), tf.int64))
    return _read_tiff(tf.strings.substr(part, start, size))


def _read_tiff(data):
    """Looks for the orientation in the first directory of a TIFF header.

    As in Pillow, the last valid entry counts, and the first of several values;
    only entries of integer types are valid.
    """
    end = tf.cast(tf.strings.length(data), tf.int64)
    head = headers.read(data, 0, 8)
    is_big = ~headers.has(head, b"II")
    [directory] = headers.numbers(head, [(4, 4)], is_big)
    [count] = headers.numbers(
        headers.read(data, directory, 2), [(0, 2)], is_big
    )
    tags = headers.read(data, directory + 2, 12 * _MOST_TAGS)
    tags = tf.reshape(tags, (_MOST_TAGS, 12))
    number = tf.range(_MOST_TAGS, dtype=tf.int64)
    tag, kind, values, offset = headers.numbers(
        tags, [(0, 2), (2, 2), (4, 4), (8, 4)], is_big
    )
    is_short = (kind == _SHORT) | (kind == _SIGNED_SHORT)
    is_long = (kind == _LONG) | (kind == _SIGNED_LONG)
    size = values * tf.where(is_short, tf.constant(2, tf.int64), 4)
    has_offset = size > 4
    inside = ~has_offset | (offset + size <= end)
    valid = (tag == _ORIENTATION) & (is_short | is_long)
    valid &= (values > 0) & inside & (number < count)
    valid &= directory + 2 + 12 * (number + 1) <= end
    last = tf.reduce_max(tf.where(valid, number, -1))
    place = tf.where(has_offset, offset, directory + 2 + 12 * number + 8)
    entry = tf.maximum(last, 0)
    value = headers.read(data, tf.gather(place, entry), 4)
    short, long = headers.numbers(value, [(0, 2), (0, 4)], is_big)
    value = tf.where(tf.gather(is_short, entry), short, long)
    in_range = (last >= 0) & (value >= 1) & (value <= 8)
    return tf.where(in_range, value, 1)
