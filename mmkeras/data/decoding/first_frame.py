"""Extracts the first frame of an animation as a still image file.

TensorFlow's GIF decoder reads all frames into memory, and the WebP decoder of
TensorFlow 2.21 writes past the end of a buffer. So animations are never passed
to them.
"""

import tensorflow as tf

from mmkeras.data.decoding import headers

# Bounds on the cost of a hostile file: 25 MB for the frame of a GIF.
_MOST_BLOCKS = 100_000
_MOST_CHUNKS = 100
_BLOCK, _IN_EXTENSION, _IN_FRAME, _END, _BROKEN = range(5)


def gif(encoded):
    """Truncates a GIF after its first image.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Scalar string, a GIF of one image no larger than its canvas.

    Raises:
        tf.errors.InvalidArgumentError: If there is no complete first image.

    Reference: CompuServe, Graphics Interchange Format, Version 89a.
    """
    head = headers.read(encoded, 0, 13)
    *canvas, flags = headers.numbers(head, [(6, 2), (8, 2), (10, 1)])

    def unfinished(position, state, steps):
        return (state < _END) & (steps < _MOST_BLOCKS)

    def advance(position, state, steps):
        block = headers.read(encoded, position, 10)
        after_block = _gif_block(position, block, canvas)
        after_piece = _gif_piece(position, block[0], state)
        position, state = (
            tf.where(state == _BLOCK, *pair)
            for pair in zip(after_block, after_piece)
        )
        return position, state, steps + 1

    start = 13 + _palette_size(flags)
    position, state, _ = tf.while_loop(
        unfinished, advance, (start, tf.constant(_BLOCK), tf.constant(0))
    )
    length = tf.cast(tf.strings.length(encoded), tf.int64)
    whole = (state == _END) & (position <= length)
    with tf.control_dependencies(
        [
            tf.debugging.Assert(
                whole, ["The first frame of the GIF is incomplete."]
            )
        ]
    ):
        frame = tf.strings.substr(encoded, tf.zeros_like(position), position)
    return tf.strings.join([frame, tf.constant(b"\x3b")])


def _gif_block(position, block, canvas):
    """Skips the beginning of a block; an image must fit the canvas."""
    first, width, height, flags = headers.numbers(
        block, [(0, 1), (5, 2), (7, 2), (9, 1)]
    )
    fits = (width <= canvas[0]) & (height <= canvas[1])
    image = (first == 0x2C) & fits
    step = tf.where(image, 11 + _palette_size(flags), 2)
    state = tf.where(image, _IN_FRAME, _BROKEN)
    state = tf.where(first == 0x21, _IN_EXTENSION, state)
    return position + step, state


def _gif_piece(position, length, state):
    """Skips one piece of at most 255 bytes; an empty one is the last."""
    end = tf.where(state == _IN_FRAME, _END, _BLOCK)
    return position + 1 + length, tf.where(length == 0, end, state)


def _palette_size(flags):
    """Returns the size in bytes of the palette that the flags declare."""
    entries = tf.bitwise.left_shift(tf.constant(2, tf.int64), flags % 8)
    return tf.where(flags >= 128, 3 * entries, 0)


def webp(encoded):
    """Extracts the first frame of a WebP animation.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Scalar string, a WebP; `encoded` itself if it is not an animation.

    Raises:
        tf.errors.InvalidArgumentError: If an animation has no complete frame.

    Reference: RFC 9649, WebP Image Format.
    """
    return tf.cond(
        headers.webp_is_animated(encoded),
        lambda: _webp_frame(encoded),
        lambda: tf.identity(encoded),
    )


def _webp_frame(encoded):
    """Finds the first frame among the chunks of an animation."""

    def is_other(position, chunk, steps):
        empty = headers.little(chunk[:4]) == 0
        return ~headers.has(chunk, b"ANMF") & ~empty & (steps < _MOST_CHUNKS)

    def advance(position, chunk, steps):
        size = headers.little(chunk[4:8])
        position += 8 + size + size % 2
        return position, headers.read(encoded, position, 8), steps + 1

    start = tf.constant(12, tf.int64)
    position, chunk, _ = tf.while_loop(
        is_other,
        advance,
        (start, headers.read(encoded, start, 8), tf.constant(0)),
    )
    length = tf.cast(tf.strings.length(encoded), tf.int64)
    end = position + 8 + headers.little(chunk[4:8])
    whole = headers.has(chunk, b"ANMF") & (end <= length)
    with tf.control_dependencies(
        [
            tf.debugging.Assert(
                whole, ["The first frame of the WebP is incomplete."]
            )
        ]
    ):
        data = tf.strings.substr(encoded, position + 24, end - position - 24)
    # A frame stores width and height like the header of a still image.
    sides = tf.strings.substr(encoded, position + 14, 6)
    return _still_webp(data, sides)


def _still_webp(data, sides):
    """Adds the header of a still WebP to the chunks of a frame."""
    alpha = headers.has(headers.read(data, 0, 4), b"ALPH")
    extended = tf.strings.join(
        [tf.constant(b"VP8X\x0a\0\0\0\x10\0\0\0"), sides]
    )
    body = tf.strings.join(
        [tf.constant(b"WEBP"), tf.where(alpha, extended, ""), data]
    )
    size = tf.cast(tf.strings.length(body), tf.int32)
    characters = tf.constant([bytes([value]) for value in range(256)])
    shifted = tf.bitwise.right_shift(size, tf.constant([0, 8, 16, 24]))
    size = tf.strings.reduce_join(tf.gather(characters, shifted % 256))
    return tf.strings.join([tf.constant(b"RIFF"), size, body])
