"""Resamples audio with TensorFlow operations alone, in bounded memory."""

import numpy as np
import tensorflow as tf

CROSSINGS = 16  # Zeros of the sinc on either side of its centre.
_VALUES = 2**19  # Largest number of elements of a matrix.


def resample(samples, rate, target):
    """Resamples audio with a windowed sinc.

        y(t) = sum over n of x(n) c sinc(c (t - n)) cos^2(pi c (t - n) / 2 z)

    with c the lower of both rates as a fraction of the original rate, and
    z = 16 zero crossings on either side. It is computed in blocks: as a matrix
    product if the period of the weights is short, as for all usual rates.

    Args:
        samples: float32 tensor of shape `(frames,)`.
        rate: Scalar integer tensor, original rate in Hz.
        target: int or scalar integer tensor, new rate in Hz.

    Returns:
        float32 tensor of shape `(ceil(frames * target / rate),)`.
    """
    rate, target = tf.cast(rate, tf.int64), tf.cast(target, tf.int64)
    return tf.cond(
        rate == target,
        lambda: tf.identity(samples),
        lambda: _sinc(samples, rate, target),
    )


def _sinc(x, rate, target):
    cutoff = tf.minimum(tf.cast(target / rate, tf.float32), 1.0)
    half = tf.cast(tf.math.ceil(CROSSINGS / cutoff), tf.int64)
    width = 2 * half + 1
    divisor = _greatest_divisor(rate, target)
    step = rate // divisor
    repeats = tf.maximum(width // step, 1)
    step, period = step * repeats, target // divisor * repeats
    total = -(-tf.size(x, tf.int64) * target // rate)

    def weigh(places, indices):
        """Weights of samples for places in units of 1 / target samples."""
        part = tf.cast(places % target, tf.float32) / tf.cast(
            target, tf.float32
        )
        whole = tf.cast((places // target)[:, None] - indices, tf.float32)
        distance = part[:, None] + whole
        window = tf.cos(np.pi / 2 / CROSSINGS * cutoff * distance)
        window = tf.where(tf.abs(distance) * cutoff < CROSSINGS, window**2, 0.0)
        return cutoff * tf.experimental.numpy.sinc(cutoff * distance) * window

    def periodic():
        """Multiplies frames of the samples by the weights of one period."""
        size = step + width
        offsets = tf.range(size) - half
        weights = weigh(tf.range(period) * rate, offsets)

        def block(rows):
            index = rows[:, None] * step + tf.range(size)
            frames = tf.gather(padded, index)
            return tf.matmul(frames, weights, transpose_b=True)

        rows = -(-total // period)
        padded = _pad(x, half, rows * step + size)
        return _in_blocks(block, rows, _VALUES // size)

    def direct():
        """Computes the weights of each place separately."""

        def block(rows):
            places = rows * rate
            index = (places // target)[:, None] + tf.range(-half, half + 1)
            values = tf.gather(padded, index + half)
            values *= weigh(places, index)
            return tf.reduce_sum(values, 1, keepdims=True)

        padded = _pad(x, half, total * rate // target + width)
        return _in_blocks(block, total, _VALUES // width)

    is_short = period * (step + width) <= _VALUES
    return tf.cond(is_short, periodic, direct)[:total]


def _pad(x, before, length):
    """Adds zeros before the samples, and after them up to a length."""
    after = tf.maximum(length - before - tf.size(x, tf.int64), 0)
    return tf.pad(x, [(before, after)])


def _in_blocks(function, rows, block_rows):
    """Concatenates the flat results of a function for ranges of rows."""
    block_rows = tf.maximum(block_rows, 1)

    def more(start, results):
        return start < rows

    def step(start, results):
        end = tf.minimum(start + block_rows, rows)
        block = tf.reshape(function(tf.range(start, end)), (-1,))
        return end, results.write(results.size(), block)

    results = tf.TensorArray(
        tf.float32, 0, True, infer_shape=False, element_shape=(None,)
    )
    state = (tf.constant(0, tf.int64), results)
    _, results = tf.while_loop(more, step, state, parallel_iterations=1)
    return tf.cond(rows > 0, results.concat, lambda: tf.zeros(0))


def _greatest_divisor(a, b):
    """Greatest common divisor of two positive integer tensors."""
    return tf.while_loop(lambda a, b: b > 0, lambda a, b: (b, a % b), (a, b))[0]
