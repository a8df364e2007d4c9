"""Audio codec: the bytes of an audio file of any length to windows."""

import math

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs.audio import Audio
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.durations import durations
from mmkeras.data.decoding import wav

_HOUR = 3600


class AudioWindows(Audio):
    """Decodes audio, see `Audio`, into contiguous windows of equal length.

    A batch has as many windows as its longest file; the last window of a file
    is padded with zeros, and further ones are zeros. Windows do not overlap:
    what is at a border is cut there.

    Args:
        sample_rate: int. Sample rate of the result, in Hz.
        window_seconds: float. Length of a window.
        max_seconds: float. Longer audio is truncated.
        limit: int. Largest size of a file, in bytes.

    Raises:
        ValueError: If an argument is not positive.
    """

    def __init__(
        self,
        sample_rate=16000,
        window_seconds=30.0,
        max_seconds=_HOUR,
        limit=1_000_000_000,
    ):
        if window_seconds <= 0:
            raise ValueError(
                "`window_seconds` must be above 0. Received: "
                f"window_seconds={window_seconds}"
            )
        super().__init__(sample_rate, max_seconds, limit)
        self.window_seconds = float(window_seconds)
        self._window = round(self.sample_rate * self.window_seconds)

    @property
    def shape(self):
        """Shape of one decoded file: `(windows, samples)`."""
        return None, self._window

    def try_batch(self, encoded):
        """See `Audio.try_batch`: samples are `(n, windows, samples)`."""
        if not tf.inside_function():
            samples, errors = self.read(encoded.numpy().tolist())
            return tf.constant(samples), tf.constant(errors, tf.string)
        with tf.device("CPU:0"):
            seconds = self._longest(encoded)
        samples, errors = self.read_waves(encoded, self._length(seconds))
        shape = (tf.shape(encoded)[0], -1, self._window)
        samples = tf.reshape(samples, shape)
        return tf.ensure_shape(samples, (None, *self.shape)), errors

    def read(self, files):
        """See `Audio.read`: samples are `(n, windows, samples)`."""
        seconds = max(durations([f for f in files if f]), default=0.0)
        length = int(self._length(seconds))
        whole = Audio(self.sample_rate, length / self.sample_rate, self.limit)
        samples, errors = whole.read(files)
        return np.reshape(samples, (len(files), -1, self._window)), errors

    def encode_one(self, packed):
        """See `Codec.encode_one`; in a graph, it reads WAV only."""
        return Codec.encode_one(self, packed)

    def get_config(self):
        return {
            "sample_rate": self.sample_rate,
            "window_seconds": self.window_seconds,
            "max_seconds": self.max_seconds,
            "limit": self.limit,
        }

    def _length(self, seconds):
        """Samples of all windows of audio of some seconds, at least one."""
        maximum = math.ceil(self.max_seconds / self.window_seconds)
        windows = tf.math.ceil(seconds / self.window_seconds)
        windows = tf.cast(tf.clip_by_value(windows, 1, maximum), tf.int32)
        return windows * self._window

    def _longest(self, encoded):
        """Seconds of the longest WAV file of a batch, in a graph."""

        def measure(file):
            samples, rate, _ = wav.decode(file, self.max_seconds)
            frames = tf.cast(tf.shape(samples)[0], tf.float32)
            return frames / tf.cast(rate, tf.float32)

        signature = tf.TensorSpec((), tf.float32)
        seconds = tf.map_fn(measure, encoded, fn_output_signature=signature)
        return tf.reduce_max(tf.concat([seconds, [0.0]], 0))
