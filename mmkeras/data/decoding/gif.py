"""Measures the frames of an animated GIF before they are decoded.

TensorFlow's decoder reads all frames into memory, each as large as the file
declares; a hostile file is rejected by these sizes.
"""

import tensorflow as tf

from mmkeras.data.decoding import headers

_MAX_STEPS = 100_000  # Bounds the time that a hostile file takes.
_PIECES = 64  # Full pieces of data that one step skips.
_FULL = 255  # Bytes of a full piece.
_PADDING = 1 << 10
_BLOCK, _IN_DATA, _END, _BROKEN = range(4)


def measure(encoded):
    """Walks through the blocks of a GIF.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Tuple of the number of frames and the largest `[height, width]` of a
        frame, int64; and a scalar bool, whether the file is complete.

    Reference: CompuServe, Graphics Interchange Format, Version 89a.
    """
    data = tf.io.decode_raw(encoded, tf.uint8)
    length = tf.size(data)
    data = tf.concat([data, tf.zeros([_PADDING], tf.uint8)], 0)
    [flags] = headers.numbers(headers.read(encoded, 10, 1), [(0, 1)])

    def unfinished(position, state, steps, frames, sides):
        return (state < _END) & (steps < _MAX_STEPS)

    def advance(position, state, steps, frames, sides):
        position, state, is_frame, size = tf.cond(
            state == _BLOCK,
            lambda: _block(data, position),
            lambda: _skip(data, position),
        )
        state = tf.where(position > length, _BROKEN, state)
        frames += tf.cast(is_frame, tf.int64)
        return position, state, steps + 1, frames, tf.maximum(sides, size)

    start = 13 + _palette_size(flags)
    zero = tf.constant(0)
    _, state, _, frames, sides = tf.while_loop(
        unfinished,
        advance,
        (
            tf.minimum(start, length),
            tf.constant(_BLOCK),
            zero,
            tf.cast(zero, tf.int64),
            tf.zeros(2, tf.int64),
        ),
    )
    return frames, sides, (state == _END) & (frames > 0)


def _block(data, position):
    """Reads the beginning of a block: a frame, an extension or the end."""
    block = tf.ensure_shape(data[position : position + 10], (10,))
    first, width, height, flags = headers.numbers(
        tf.cast(block, tf.int64), [(0, 1), (5, 2), (7, 2), (9, 1)]
    )
    is_frame = first == 0x2C
    state = tf.where(is_frame | (first == 0x21), _IN_DATA, _BROKEN)
    state = tf.where(first == 0x3B, _END, state)
    step = tf.where(is_frame, 11 + _palette_size(flags), 2)
    step = tf.where(first == 0x3B, 1, step)
    size = tf.where(is_frame, tf.stack([height, width]), 0)
    return position + step, state, is_frame, size


def _skip(data, position):
    """Skips full pieces of data and the one after; an empty one ends them."""
    end = position + (_FULL + 1) * _PIECES
    sizes = tf.cast(data[position : end : _FULL + 1], tf.int32)
    others = tf.where(sizes != _FULL)[:, 0]
    is_full = tf.size(others) == 0
    count = tf.cond(
        is_full, lambda: tf.size(sizes), lambda: tf.cast(others[0], tf.int32)
    )
    position += (_FULL + 1) * count
    size = tf.cast(data[tf.minimum(position, tf.size(data) - 1)], tf.int32)
    step = tf.where(is_full, 0, size + 1)
    state = tf.where(is_full | (size > 0), _IN_DATA, _BLOCK)
    return position + step, state, tf.constant(False), tf.zeros(2, tf.int64)


def _palette_size(flags):
    """Returns the size in bytes of the palette that the flags declare."""
    flags = tf.cast(flags, tf.int32)
    entries = tf.bitwise.left_shift(2, flags % 8)
    return tf.where(flags >= 128, 3 * entries, 0)
