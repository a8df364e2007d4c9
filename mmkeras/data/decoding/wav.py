"""Reads WAV files with TensorFlow operations alone.

Files are decoded by these operations outside a graph as well, so that a file
gives the same samples, or the same error, everywhere.
"""

import functools

import numpy as np
import tensorflow as tf

from mmkeras.data.decoding import headers

FASTEST = 192_000  # Hz; higher rates indicate a damaged file.
_CONTAINERS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_MOST_CHUNKS = 1000
_UNKNOWN_SIZE = 2**32 - 1  # For chunks of files over 4 GB, and of streams.
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_UNSUPPORTED = {
    2: "MS ADPCM",
    17: "IMA ADPCM",
    49: "GSM 6.10",
    64: "G.721 ADPCM",
    80: "MPEG",
    85: "MP3",
}
_SUPPORTED = "PCM of 8 to 32 bits, floats of 32 or 64, A-law and mu-law"


def is_wave(encoded):
    """Checks whether a file is WAV, in any of its containers.

    Args:
        encoded: bytes or a scalar string tensor.

    Returns:
        Whether it begins as RIFF, RIFX, RF64 or BW64 does, with the form type
        "WAVE": bool, or a scalar bool tensor.
    """
    if isinstance(encoded, bytes):
        return encoded[:4] in _CONTAINERS and encoded[8:12] == b"WAVE"
    head = headers.read(encoded, 0, 12)
    is_container = tf.reduce_any(
        [headers.has(head, name) for name in _CONTAINERS]
    )
    return is_container & headers.has(head, b"WAVE", 8)


def decode(encoded, seconds):
    """Decodes the beginning of a WAV file.

    Samples are PCM of 8, 16, 24 or 32 bits, also 24 bits in blocks of 32,
    floats of 32 or 64 bits, A-law, or mu-law.

    Args:
        encoded: Scalar string tensor.
        seconds: Length to decode, a float or a scalar tensor.

    Returns:
        Tuple of samples, float32 `(frames, channels)` in [-1, 1], the rate in
        Hz, int32, and an error, string, `""` if there is none. With an error,
        there are no samples, and the rate is 1.
    """
    big = headers.has(headers.read(encoded, 0, 4), b"RIFX")
    form, start, length = _chunks(encoded, big)
    tag, channels, rate, bits, size = _format(encoded, form, big)
    kind = _kind(tag, bits, size, channels)
    width = tf.gather([0, *_WIDTHS], kind)
    frame = tf.maximum(tf.cast(width, tf.int64) * channels, 1)
    supported = (kind > 0) & (channels > 0)
    fit = (rate > 0) & (rate <= FASTEST)
    error = tf.where(fit, "", _wrong_rate(rate))
    error = tf.where(supported, error, _wrong_kind(tag, bits))
    is_empty = (form[0] < 0) | (length < frame)
    error = tf.where(is_empty, "a WAV file without audio data", error)
    error = tf.where(is_wave(encoded), error, "not a WAV file")
    good = error == ""
    seconds = tf.cast(seconds, tf.float32)
    frames = tf.cast(seconds * tf.cast(rate, tf.float32), tf.int64) + 1
    frames = tf.where(good, tf.minimum(length // frame, frames), 0)
    data = tf.strings.substr(encoded, start, frames * frame)
    data = tf.io.decode_raw(data, tf.uint8)
    samples = tf.switch_case(
        tf.where(good, kind, 0),
        [lambda: tf.zeros(0), *[lambda f=f: f(data, big) for f in _READERS]],
    )
    samples = tf.reshape(samples, (frames, tf.where(good, channels, 1)))
    return samples, tf.cast(tf.where(good, rate, 1), tf.int32), error


def _number(values, big):
    """Joins bytes (last axis) in the order of the container."""
    [number] = headers.numbers(values, [(0, values.shape[-1])], big)
    return number


def _chunks(encoded, big):
    """Finds the chunks of the format and of the samples.

    Returns:
        Tuple of the position and size of the format, int64 `(2,)`, -1 if
        either chunk is missing, and the position and size of the samples.
    """
    end = tf.cast(tf.strings.length(encoded), tf.int64)
    whole = _number(headers.read(encoded, 4, 4), big)

    def more(at, form, start, length, large, number):
        return (at + 8 <= end) & (start < 0) & (number < _MOST_CHUNKS)

    def step(at, form, start, length, large, number):
        head = headers.read(encoded, at, 24)
        size = _number(head[4:8], big)
        is_data = headers.has(head, b"data")
        is_form = headers.has(head, b"fmt ") & (at + 24 <= end)
        large = tf.where(
            headers.has(head, b"ds64"), headers.little(head[16:24]), large
        )
        # Unfinished and very large files store the size elsewhere.
        unknown = is_data & (size == _UNKNOWN_SIZE)
        size = tf.where(unknown & (large > 0), large, size)
        unfinished = is_data & (size == 0) & ((whole == 0) | (whole == 8))
        size = tf.where(unfinished, end, size)
        chunk = tf.stack([at + 8, size])
        form = tf.where(is_form, chunk, form)
        start = tf.where(is_data, at + 8, start)
        length = tf.where(is_data, tf.minimum(size, end - at - 8), length)
        return at + 8 + size + size % 2, form, start, length, large, number + 1

    none = tf.constant(-1, tf.int64)
    zero = tf.constant(0, tf.int64)
    state = (tf.constant(12, tf.int64), tf.stack([none, none]), none, zero)
    _, form, start, length, _, _ = tf.while_loop(
        more, step, (*state, zero, tf.constant(0))
    )
    return tf.where(start < 0, none, form), tf.maximum(start, 0), length


def _format(encoded, form, big):
    """Reads the format: its tag, channels, rate, bits and bytes per frame."""
    head = headers.read(encoded, form[0], 26)
    tag, channels = (_number(head[i : i + 2], big) for i in (0, 2))
    rate = _number(head[4:8], big)
    size, bits = (_number(head[i : i + 2], big) for i in (12, 14))
    extended = (tag == _EXTENSIBLE) & (form[1] >= 40)
    tag = tf.where(extended, _number(head[24:26], big), tag)
    return tag, channels, rate, bits, size


def _kind(tag, bits, size, channels):
    """Returns the kind of samples: 1 + its index in `_READERS`, or 0."""
    width = (bits + 7) // 8
    wide = (width == 3) & (size == 4 * channels)
    is_pcm = (tag == _PCM) & (bits > 0)
    kinds = [is_pcm & (width == n) & ~wide for n in (1, 2, 3, 4)]
    kinds += [(tag == _FLOAT) & (bits == n) for n in (32, 64)]
    kinds += [(tag == law) & (bits == 8) for law in (_A_LAW, _MU_LAW)]
    kinds += [is_pcm & wide]
    return tf.reduce_sum(
        [tf.cast(is_kind, tf.int32) * i for i, is_kind in enumerate(kinds, 1)]
    )


def _wrong_rate(rate):
    text = tf.strings.as_string(rate)
    return tf.strings.join(
        [
            "a WAV file of ",
            text,
            f" samples per second; 1 to {FASTEST} are supported",
        ]
    )


def _wrong_kind(tag, bits):
    """Describes an unsupported kind of samples, and the remedy."""
    name = tf.strings.join(["format ", tf.strings.as_string(tag)])
    for number, format_name in _UNSUPPORTED.items():
        name = tf.where(tag == number, format_name, name)
    bits = tf.strings.as_string(bits)
    remedy = f" bits per sample; {_SUPPORTED} are supported. Convert it to PCM."
    return tf.strings.join(["a WAV file of ", name, " with ", bits, remedy])


def _integers(data, big, width):
    """Reads signed integers of 1 to 4 bytes, as int32 times 2^(32 - bits)."""
    data = tf.reshape(data, (-1, width))
    data = tf.cond(big, lambda: tf.reverse(data, [1]), lambda: data)
    data = tf.pad(data, [(0, 0), (4 - width, 0)])
    return tf.bitcast(data, tf.int32)


def _pcm(data, big, width):
    return tf.cast(_integers(data, big, width), tf.float32) / 2**31


def _unsigned(data, big):
    return (tf.cast(data, tf.float32) - 128) / 128


def _short(data, big):
    """Reads 16 bits, by far the commonest, directly."""
    data = tf.reshape(data, (-1, 2))
    data = tf.cond(big, lambda: tf.reverse(data, [1]), lambda: data)
    return tf.cast(tf.bitcast(data, tf.int16), tf.float32) / 2**15


def _wide(data, big):
    """Reads 24 bits in blocks of 32.

    By the standard, they are in the upper bytes, and the lowest byte is 0. Some
    programs write them to the lower bytes, and the sign to the highest.
    """
    values = _integers(data, big, 4)
    low = tf.bitwise.left_shift(values, 8)
    signed = tf.reduce_all(tf.bitwise.right_shift(low, 8) == values)
    padded = tf.reduce_all(tf.bitwise.bitwise_and(values, 255) == 0)
    values = tf.where(signed & ~padded, low, values)
    return tf.cast(values, tf.float32) / 2**31


def _floats(data, big, width, dtype):
    data = tf.reshape(data, (-1, width))
    data = tf.cond(big, lambda: tf.reverse(data, [1]), lambda: data)
    numbers = tf.cast(tf.bitcast(data, dtype), tf.float32)
    numbers = tf.where(tf.math.is_finite(numbers), numbers, 0.0)
    return tf.clip_by_value(numbers, -1.0, 1.0)


def _law(data, big, table):
    return tf.gather(tf.constant(table), tf.cast(data, tf.int32))


def _mu_law_table():
    """Computes the 256 samples of mu-law (ITU-T G.711)."""
    code = ~np.arange(256, dtype="uint8")
    exponent, mantissa = code >> 4 & 7, (code & 15).astype(int)
    size = ((2 * mantissa + 33) << exponent) - 33
    return np.float32(np.where(code & 128, -size, size) / 2**13)


def _a_law_table():
    """Computes the 256 samples of A-law (ITU-T G.711)."""
    code = np.arange(256, dtype="uint8") ^ 0x55
    exponent, mantissa = code >> 4 & 7, (code & 15).astype(int)
    size = 2 * mantissa + 1 + 32 * (exponent > 0)
    size = size << np.maximum(exponent, 1) - 1
    return np.float32(np.where(code & 128, size, -size) / 2**12)


_READERS = (
    _unsigned,
    _short,
    functools.partial(_pcm, width=3),
    functools.partial(_pcm, width=4),
    functools.partial(_floats, width=4, dtype=tf.float32),
    functools.partial(_floats, width=8, dtype=tf.float64),
    functools.partial(_law, table=_a_law_table()),
    functools.partial(_law, table=_mu_law_table()),
    _wide,
)
_WIDTHS = (1, 2, 3, 4, 4, 8, 1, 1, 4)  # Bytes per sample, by reader.
