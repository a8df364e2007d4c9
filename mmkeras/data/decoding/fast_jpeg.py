"""Decodes small JPEG files outside TensorFlow, in half the time.

simplejpeg decodes a JPEG with libjpeg-turbo, as TensorFlow does and to the same
bits; OpenCV enlarges it in float32, as TensorFlow does, so that only ties may
be rounded differently. Both come with the extra `fast`. Images that shrink
would gain nothing: decoding and averaging areas costs the same in both.
"""

import functools

# Frames that all decoders support: baseline, extended and progressive.
_FRAMES = (0xC0, 0xC1, 0xC2)
_TABLES = (0xC4, 0xDB, 0xDD)


def enlarge(file, size, limit):
    """Decodes a plain JPEG file if no side of it shrinks.

    Args:
        file: bytes.
        size: Height and width of the result.
        limit: Maximum number of pixels.

    Returns:
        uint8 array of shape `(*size, 3)`; or `None` for any other or a
        damaged file, and if the extra `fast` is not installed.
    """
    libraries = _libraries()
    sides = plain_size(file) if libraries else None
    if sides is None or sides[0] * sides[1] > limit:
        return None
    if not (0 < sides[0] <= size[0] and 0 < sides[1] <= size[1]):
        return None
    simplejpeg, cv2 = libraries
    try:
        pixels = simplejpeg.decode_jpeg(file)
    except ValueError:  # The graph reports the error, or reads it anyway.
        return None
    larger = cv2.resize(
        pixels.astype("float32"), size[::-1], interpolation=cv2.INTER_LINEAR
    )
    larger += 0.5
    return larger.astype("uint8")


def plain_size(file):
    """Reads the size of a JPEG in grey or colour without EXIF.

    Args:
        file: bytes.

    Returns:
        Tuple of height and width; `None` for any other file.
    """
    position, segment = 2, file[2:12]
    while len(segment) == 10 and segment[0] == 0xFF:
        marker = segment[1]
        if marker in _FRAMES:
            plain = segment[4] == 8 and file[position + 9] in (1, 3)
            height = int.from_bytes(segment[5:7])
            return (height, int.from_bytes(segment[7:9])) if plain else None
        extra = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if segment[4:] == b"Exif\0\0" or not (extra or marker in _TABLES):
            return None
        position += 2 + int.from_bytes(segment[2:4])
        segment = file[position : position + 10]
    return None


@functools.cache
def _libraries():
    """Imports simplejpeg and OpenCV; returns `None` if one is missing."""
    try:
        import cv2
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg, cv2
