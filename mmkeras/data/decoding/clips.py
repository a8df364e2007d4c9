"""Decodes evenly spaced frames of a GIF or an array of frames, in a graph."""

import functools

import tensorflow as tf

from mmkeras.data.decoding import gif
from mmkeras.data.decoding import headers
from mmkeras.data.decoding import npy
from mmkeras.data.decoding import pixels
from mmkeras.data.decoding import try_else

_GIF, _ARRAY, _OTHER = range(3)
_UNKNOWN = "neither an animated GIF nor an .npy array of uint8 frames"


def places(count, length):
    """Chooses evenly spaced frames, the middles of equal parts of a clip.

    The frame at step i is floor((i + 1/2) count / length). A clip with fewer
    frames than steps repeats them.

    Args:
        count: Number of frames of the clip.
        length: Number of steps.

    Returns:
        int64 tensor `(length,)`.
    """
    steps = tf.range(tf.cast(length, tf.int64))
    return (
        (2 * steps + 1)
        * tf.cast(count, tf.int64)
        // (2 * tf.cast(length, tf.int64))
    )


def reads(encoded):
    """Whether a file, bytes, is of a kind that `try_each` decodes."""
    return encoded.startswith((b"GIF8", npy.MAGIC))


@functools.cache
def graphs_of(resizing):
    """Makes the compiled functions that all codecs of a resizing share.

    Args:
        resizing: A `pixels.Resizing`, or `None`.

    Returns:
        Tuple of two functions: of strings `(n,)`, length, size and limit, with
        the results of `try_each`; and of frames, uint8 `(n, height, width,
        3)`, and a size, to resized frames.
    """

    def decode(encoded, length, size, limit):
        with tf.device("CPU:0"):
            return try_each(encoded, length, size, limit, resizing)

    def resize(frames, size):
        with tf.device("CPU:0"):
            return pixels.resize(frames, size, resizing)

    numbers = [tf.TensorSpec((), tf.int32), tf.TensorSpec((2,), tf.int32)]
    strings = tf.TensorSpec((None,), tf.string)
    frames = tf.TensorSpec((None, None, None, 3), tf.uint8)
    limit = tf.TensorSpec((), tf.int64)
    return (
        tf.function(decode, [strings, *numbers, limit], autograph=False),
        tf.function(resize, [frames, numbers[1]], autograph=False),
    )


def try_each(encoded, length, size, limit, resizing=None):
    """Decodes files, some of which may be bad.

    Args:
        encoded: String tensor `(n,)`.
        length: Number of frames of each result.
        size: Their height and width, int32 `(2,)`.
        limit: int64. Maximum number of pixels of all frames of a file.
        resizing: A `pixels.Resizing`, or `None`.

    Returns:
        Tuple of frames, uint8 `(n, length, *size, 3)`, zeros where a file is
        bad, and errors, strings `(n,)`.
    """
    read = functools.partial(_read, length, size, limit, resizing)

    def explain(encoded):
        kinds = tf.constant(["corrupt GIF", "corrupt .npy array", _UNKNOWN])
        return _black(length, size), tf.gather(kinds, _kind(encoded))

    def each():
        return tf.map_fn(
            lambda one: try_else.try_else(read, explain, one),
            encoded,
            fn_output_signature=(
                tf.TensorSpec((None, None, None, 3), tf.uint8),
                tf.TensorSpec((), tf.string),
            ),
        )

    def empty():  # `map_fn` could not infer the size.
        return _black(length, size)[None][:0], tf.constant([], tf.string)

    return tf.cond(tf.size(encoded) > 0, each, empty)


def _kind(encoded):
    head = headers.read(encoded, 0, len(npy.MAGIC))
    kind = tf.where(headers.has(head, npy.MAGIC), _ARRAY, _OTHER)
    return tf.where(headers.has(head, b"GIF8"), _GIF, kind)


def _read(length, size, limit, resizing, encoded):
    """Decodes one file; raises an error if its data are corrupt."""
    kind = _kind(encoded)
    start, sides, error = tf.switch_case(
        kind,
        [
            lambda: _measure_gif(encoded),
            lambda: _measure_array(encoded),
            lambda: (
                tf.zeros([], tf.int64),
                tf.zeros(3, tf.int64),
                tf.where(encoded == "", "empty", _UNKNOWN),
            ),
        ],
    )
    error = tf.where(
        (error == "") & (tf.reduce_prod(sides) > limit),
        _too_large(sides, limit),
        error,
    )

    def decode():
        frames = tf.cond(
            kind == _GIF,
            lambda: tf.io.decode_gif(encoded),
            lambda: npy.read(encoded, start, sides),
        )
        complete = tf.shape(frames, tf.int64)[0] == sides[0]
        message = tf.constant("frames are missing")
        with tf.control_dependencies(
            [tf.debugging.Assert(complete, [message])]
        ):
            frames = tf.gather(frames, places(sides[0], length))
        frames = tf.ensure_shape(frames, (None, None, None, 3))
        return pixels.resize(frames, size, resizing)

    black = functools.partial(_black, length, size)
    return tf.cond(error == "", decode, black), error


def _measure_gif(encoded):
    frames, sides, complete = gif.measure(encoded)
    error = tf.where(complete, "", "truncated or corrupt GIF")
    sides = tf.concat([frames[None], sides], 0)
    return tf.zeros([], tf.int64), sides, error


def _measure_array(encoded):
    start, sides, valid = npy.measure(encoded)
    size = tf.cast(tf.strings.length(encoded), tf.int64) - start
    complete = size >= 3 * tf.reduce_prod(sides)
    error = tf.where(complete, "", "truncated .npy array")
    error = tf.where(
        tf.reduce_min(sides) > 0, error, "an .npy array without frames"
    )
    form = "expected an .npy array of uint8, (frames, height, width, 3)"
    return start, sides, tf.where(valid, error, form)


def _too_large(sides, limit):
    limit, text = tf.strings.as_string(limit), tf.strings.as_string(sides)
    size = tf.strings.join([text[0], " x ", text[1], " x ", text[2], ")"])
    return tf.strings.join(["over ", limit, " pixels (", size])


def _black(length, size):
    shape = tf.concat([[length], size, [3]], 0)
    return tf.zeros(shape, tf.uint8)
