"""Decodes audio with the native operations of tensorflow-io.

These operations are not safe for untrusted files: some randomly damaged FLAC
and MP3 files are never read to an end, and some Ogg files end the process. So
FLAC and Vorbis are decoded here only if their headers are safe. WAV is not
decoded: tensorflow-io divides by a number of the file that may be 0. Neither is
MP3, since its headers do not tell which files are never read to an end, nor
Opus, which tensorflow-io does not support.
"""

import functools
import importlib

import tensorflow as tf

from mmkeras.data.decoding import headers
from mmkeras.data.decoding.wav import FASTEST

_MOST_NUMBERS = 2**24  # In a decoded file: frames times channels.
_MOST_BLOCKS = 128  # Metadata blocks of a FLAC file.


@functools.cache
def loads():
    """Checks whether the native operations of tensorflow-io can be loaded.

    They can with TensorFlow 2.17; the result of the first call is cached.
    """
    try:
        operations = _operations()
        for kind in ("flac", "vorbis"):
            getattr(operations, f"io_audio_decode_{kind}")
    except (ImportError, AttributeError, NotImplementedError, OSError):
        return False
    return True


def decode(encoded):
    """Decodes FLAC and Ogg Vorbis.

    Args:
        encoded: Scalar string tensor.

    Returns:
        Tuple of samples, float32 `(frames, channels)`, and the rate in Hz,
        int32.

    Raises:
        tf.errors.InvalidArgumentError: If a file is of another kind, damaged,
            unusual or very long. soundfile may still read it.
    """
    head = headers.read(encoded, 0, 4)
    is_flac = headers.has(head, b"fLaC")
    with tf.control_dependencies([_must(is_flac | headers.has(head, b"OggS"))]):
        encoded = tf.identity(encoded)
    samples, rate = tf.cond(
        is_flac, lambda: _flac(encoded), lambda: _vorbis(encoded)
    )
    fit = (rate > 0) & (rate <= FASTEST) & (tf.size(samples) > 0)
    with tf.control_dependencies([_must(fit)]):
        return tf.identity(samples), rate


def _operations():
    # Loads the operations alone, without the rest of tensorflow-io.
    return importlib.import_module("tensorflow_io.python.ops").core_ops


def _must(condition):
    return tf.debugging.Assert(condition, ["not read by native operations"])


def _flac(encoded):
    """Checks STREAMINFO and the metadata blocks, and decodes the samples."""
    head = headers.read(encoded, 0, 26)
    rate = headers.big(head[18:21]) // 16
    channels = head[20] // 2 % 8 + 1
    bits = head[20] % 2 * 16 + head[21] // 16 + 1
    frames = head[21] % 16 * 2**32 + headers.big(head[22:26])
    plain = headers.has(head[4:8] % 128, b"\0\0\0\x22")
    plain &= (frames > 0) & (frames <= _MOST_NUMBERS // channels)
    plain &= (bits == 8) | (bits == 16) | (bits == 24)

    def more(at, last, number):
        return ~last & (number < _MOST_BLOCKS)

    def step(at, last, number):
        block = headers.read(encoded, at, 4)
        return at + 4 + headers.big(block[1:]), block[0] >= 128, number + 1

    state = tf.constant(4, tf.int64), tf.constant(False), tf.constant(0)
    at, last, _ = tf.while_loop(more, step, state)
    sync = headers.read(encoded, at, 2)
    plain &= last & (sync[0] == 0xFF) & (sync[1] // 2 == 0x7C)
    with tf.control_dependencies([_must(plain)]):
        with_stops = tf.strings.join([encoded, _stops()])

    def read(dtype, middle, scale):
        numbers = _operations().io_audio_decode_flac(
            with_stops, shape=_any_shape(), dtype=dtype
        )
        return (tf.cast(numbers, tf.float32) - middle) / scale

    samples = tf.switch_case(
        tf.cast(bits // 8 - 1, tf.int32),
        [
            lambda: read(tf.uint8, 128, 2**7),
            lambda: read(tf.int16, 0, 2**15),
            lambda: read(tf.int32, 0, 2**31),
        ],
    )
    return samples, tf.cast(rate, tf.int32)


def _stops():
    """Returns complete frames with a number at which decoding stops.

    If a FLAC file ends early, tensorflow-io requests the next frame forever; at
    a frame out of order, it raises an error. There are more of them than one
    damaged frame can span: 8 channels of 65,535 samples of at most 7 bytes.
    """
    stop = bytes.fromhex("fff91002fe" + "bf" * 6)  # 192 samples at 2^36 - 1.
    stop += bytes([_crc(stop, 8, 0x07), 0, 0])
    stop += _crc(stop, 16, 0x8005).to_bytes(2, "big")
    part = stop * 1024
    count = 8 * 65535 * 7 // len(part) + 2
    return tf.strings.reduce_join(tf.fill([count], part))


def _crc(data, bits, polynomial):
    """Computes a cyclic redundancy check, the highest bit first."""
    value = 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            over = value >> bits - 1
            value = (value << 1 ^ over * polynomial) & (1 << bits) - 1
    return value


def _vorbis(encoded):
    """Checks the first packet, and the position and stream of each page.

    A second stream with fewer channels would end the process.
    """
    head = headers.read(encoded, 0, 48)
    channels, rate = head[39], headers.little(head[40:44])
    plain = (head[26] == 1) & headers.has(head, b"\x01vorbis", 28)
    plain &= (channels > 0) & (rate <= FASTEST)
    data = tf.io.decode_raw(encoded, tf.uint8)
    count = tf.maximum(tf.size(data) - 27, 0)
    letters = [
        data[i : i + count] == letter for i, letter in enumerate(b"OggS")
    ]
    pages = tf.where(tf.reduce_all(letters, 0)) + tf.range(18, dtype=tf.int64)
    pages = tf.cast(tf.gather(data, pages), tf.int64)
    ends, names = headers.little(pages[:, 6:14]), pages[:, 14:18]
    ends = tf.boolean_mask(ends, ends != -1)  # Pages on which no packet ends.
    plain &= tf.reduce_all(names == head[14:18])
    plain &= tf.reduce_all(ends >= 0) & tf.reduce_all(ends[1:] >= ends[:-1])
    plain &= tf.reduce_all(ends <= _MOST_NUMBERS // tf.maximum(channels, 1))
    with tf.control_dependencies([_must(plain)]):
        whole = tf.identity(encoded)
    samples = _operations().io_audio_decode_vorbis(whole, shape=_any_shape())
    return samples, tf.cast(rate, tf.int32)


def _any_shape():
    return tf.constant([-1, -1], tf.int64)
