"""Sound in TensorFlow operations alone: WAV files, and resampling."""

import numpy as np
import tensorflow as tf

CROSSINGS = 16  # Zeros of the sinc on either side of the middle.
_MOST_CHUNKS = 1000
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


def decode(encoded):
    """Decodes a WAV file: 8, 16, 24 or 32 bits, or floats of 32 or 64.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Tuple of samples, float32 `(frames, channels)` in [-1, 1], the rate in
        Hz, int32, and an error, string: `""`, or what is wrong.
    """
    data = tf.io.decode_raw(encoded, tf.uint8)
    head = tf.concat([data[:12], tf.zeros(12, tf.uint8)], 0)
    is_wave = tf.reduce_all(head[:4] == list(b"RIFF")) & tf.reduce_all(
        head[8:12] == list(b"WAVE")
    )
    start, sound = _chunks(data)
    form = _number(data, start, 2)
    form = tf.where(form == _EXTENSIBLE, _number(data, start + 24, 2), form)
    channels = _number(data, start + 2, 2)
    rate = _number(data, start + 4, 4)
    kind = _kind(form, _number(data, start + 14, 2))
    known = (kind > 0) & (channels > 0) & (rate > 0)
    error = tf.where(
        ~is_wave,
        "no WAV file",
        tf.where(
            (start < 0) | (tf.size(sound) == 0),
            "a WAV file without sound",
            tf.where(known, "", "a WAV file of an unknown kind"),
        ),
    )
    good = error == ""
    samples = tf.switch_case(
        tf.where(good, kind, 0), [lambda k=k: _read(sound, k) for k in range(7)]
    )
    channels = tf.where(good, channels, 1)
    frames = tf.size(samples) // channels
    samples = tf.reshape(samples[: frames * channels], (frames, channels))
    return samples, rate, error


def resample(samples, rate, target):
    """Resamples sound with a windowed sinc.

        y(t) = sum over n of x(n) c sinc(c (t - n)) cos^2(pi c (t - n) / 2 z)

    with c the lower rate in parts of the sound's own, and z = 16 zero
    crossings on either side.

    Args:
        samples: float32 tensor of shape `(frames,)`.
        rate: Scalar integer tensor, of the sound, in Hz.
        target: int, in Hz.

    Returns:
        float32 tensor of shape `(ceil(frames * target / rate),)`.
    """
    rate = tf.cast(rate, tf.int64)
    return tf.cond(
        rate == target, lambda: samples, lambda: _sinc(samples, rate, target)
    )


def _sinc(x, rate, target):
    count = tf.size(x, tf.int64)
    place = tf.range(-(-count * target // rate)) * rate  # In 1 / target.
    cutoff = tf.minimum(tf.cast(target / rate, tf.float32), 1.0)
    half = tf.cast(tf.math.ceil(CROSSINGS / cutoff), tf.int64)
    near = tf.range(-half, half + 1)
    index = (place // target)[:, None] + near
    part = tf.cast(place % target, tf.float32) / target
    away = part[:, None] - tf.cast(near, tf.float32)
    window = tf.cos(np.pi / 2 / CROSSINGS * cutoff * away)
    window = tf.where(tf.abs(away) * cutoff < CROSSINGS, window**2, 0.0)
    weight = cutoff * tf.experimental.numpy.sinc(cutoff * away) * window
    inside = (index >= 0) & (index < count)
    values = tf.gather(x, tf.clip_by_value(index, 0, count - 1))
    return tf.reduce_sum(tf.where(inside, values * weight, 0.0), 1)


def _chunks(data):
    """Finds where the format is described, or -1, and the bytes of sound."""
    size = tf.size(data)

    def more(at, form, start, length, number):
        return (at + 8 <= size) & (start < 0) & (number < _MOST_CHUNKS)

    def step(at, form, start, length, number):
        name = data[at : at + 4]
        long = _number(data, at + 4, 4)
        long = tf.where(long < 0, size, tf.minimum(long, size))
        is_form = tf.reduce_all(name == list(b"fmt "))
        is_data = tf.reduce_all(name == list(b"data"))
        form = tf.where(is_form & (at + 24 <= size), at + 8, form)
        start = tf.where(is_data, at + 8, start)
        length = tf.where(is_data, tf.minimum(long, size - at - 8), length)
        return at + 8 + long + long % 2, form, start, length, number + 1

    state = [tf.constant(x) for x in (12, -1, -1, 0, 0)]
    _, form, start, length, _ = tf.while_loop(more, step, state)
    found = (form >= 0) & (start >= 0)
    form = tf.where(found, form, -1)
    start, length = tf.where(found, start, 0), tf.where(found, length, 0)
    return form, data[start : start + length]


def _number(data, at, size):
    """A little-endian integer; beyond 2^31 it is negative."""
    at = tf.maximum(at, 0)
    part = tf.concat([data[at : at + size], tf.zeros(size, tf.uint8)], 0)
    part = tf.cast(part[:size], tf.int32)
    places = [tf.bitwise.left_shift(part[i], 8 * i) for i in range(size)]
    return tf.add_n(places)


def _kind(form, bits):
    """Numbers the kinds of samples from 1; 0 is none that is known."""
    kinds = [(_PCM, 8), (_PCM, 16), (_PCM, 24), (_PCM, 32)]
    kinds += [(_FLOAT, 32), (_FLOAT, 64)]
    found = [
        tf.cast((form == f) & (bits == b), tf.int32) * (i + 1)
        for i, (f, b) in enumerate(kinds)
    ]
    return tf.add_n(found)


def _read(sound, kind):
    """Turns bytes into float32 samples in [-1, 1]."""
    if kind == 0:
        return tf.zeros(0)
    size = (1, 2, 3, 4, 4, 8)[kind - 1]
    sound = sound[: tf.size(sound) // size * size]
    if kind == 1:
        return (tf.cast(sound, tf.float32) - 128) / 128
    if kind == 3:  # As the upper three bytes of four.
        sound = tf.pad(tf.reshape(sound, (-1, 3)), [(0, 0), (1, 0)])
    sound = tf.reshape(sound, (-1, 4 if kind == 3 else size))
    types = (tf.int16, tf.int32, tf.int32, tf.float32, tf.float64)
    numbers = tf.bitcast(sound, types[kind - 2])
    if kind in (5, 6):
        numbers = tf.cast(numbers, tf.float32)
        numbers = tf.where(tf.math.is_finite(numbers), numbers, 0.0)
        return tf.clip_by_value(numbers, -1.0, 1.0)
    return tf.cast(numbers, tf.float32) / 2 ** (15 if kind == 2 else 31)
