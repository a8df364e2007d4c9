"""Resamples sound in TensorFlow operations alone, in bounded memory."""

import numpy as np
import tensorflow as tf

CROSSINGS = 16  # Zeros of the sinc on either side of the middle.
_VALUES = 2**19  # Of a matrix that is held at once.


def resample(samples, rate, target):
    """Resamples sound with a windowed sinc.

        y(t) = sum over n of x(n) c sinc(c (t - n)) cos^2(pi c (t - n) / 2 z)

    with c the lower rate as a fraction of the sound's own, and z = 16 zero
    crossings on either side. It is computed block by block: as a matrix
    product where the weights repeat soon, as of all the usual rates.

    Args:
        samples: float32 tensor of shape `(frames,)`.
        rate: Scalar integer tensor, of the sound, in Hz.
        target: int or scalar integer tensor, in Hz.

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
        """Weights of samples for places in 1 / target of a sample."""
        part = tf.cast(places % target, tf.float32) / tf.cast(
            target, tf.float32
        )
        whole = tf.cast((places // target)[:, None] - indices, tf.float32)
        away = part[:, None] + whole
        window = tf.cos(np.pi / 2 / CROSSINGS * cutoff * away)
        window = tf.where(tf.abs(away) * cutoff < CROSSINGS, window**2, 0.0)
        return cutoff * tf.experimental.numpy.sinc(cutoff * away) * window

    def periodic():
        """Multiplies frames of the sound by the weights of one period."""
        taken = step + width
        near = tf.range(taken) - half
        weights = weigh(tf.range(period) * rate, near)

        def block(rows):
            index = rows[:, None] * step + tf.range(taken)
            frames = tf.gather(padded, index)
            return tf.matmul(frames, weights, transpose_b=True)

        rows = -(-total // period)
        padded = _pad(x, half, rows * step + taken)
        return _in_blocks(block, rows, _VALUES // taken)

    def direct():
        """Computes the weights of every place anew."""

        def block(rows):
            places = rows * rate
            index = (places // target)[:, None] + tf.range(-half, half + 1)
            values = tf.gather(padded, index + half)
            values *= weigh(places, index)
            return tf.reduce_sum(values, 1, keepdims=True)

        padded = _pad(x, half, total * rate // target + width)
        return _in_blocks(block, total, _VALUES // width)

    repeated = period * (step + width) <= _VALUES
    return tf.cond(repeated, periodic, direct)[:total]


def _pad(x, before, least):
    """Puts zeros before the sound, and after it up to a least length."""
    after = tf.maximum(least - before - tf.size(x, tf.int64), 0)
    return tf.pad(x, [(before, after)])


def _in_blocks(function, rows, most):
    """Joins, flat, what a function returns for ranges of rows."""
    most = tf.maximum(most, 1)

    def more(start, results):
        return start < rows

    def step(start, results):
        end = tf.minimum(start + most, rows)
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
