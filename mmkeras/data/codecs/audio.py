"""Audio codec: the bytes of a sound file to samples."""

import concurrent.futures
import io

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs import attempts
from mmkeras.data.codecs import native
from mmkeras.data.codecs import waves

_FASTEST = 192_000  # Hz; more is no sound but damage.


class Audio:
    """Decodes WAV, FLAC, Ogg Vorbis, Opus and MP3 bytes to samples.

    Channels are mixed down to one and resampled to one rate; what is longer
    than `seconds` is cut, what is shorter is followed by zeros. soundfile
    decodes. Where TensorFlow and tensorflow-io fit together (the extra
    `tfio`), native operations decode WAV, FLAC and Vorbis inside `tf.data`,
    to the same values; what they cannot read, or not safely (Opus, MP3, the
    damaged, odd and very long), is left to soundfile. In a SavedModel, WAV
    alone is decoded, by TensorFlow itself.

    Args:
        rate: int. Samples a second of the result, in Hz.
        seconds: float. Length of the result.
        limit: int. Most bytes of a file.

    Raises:
        ValueError: If an argument is not positive.

    Example:

    >>> codec = Audio(16000, seconds=5.0)
    >>> dataset.map(lambda example: codec(example["audio"]))
    """

    def __init__(self, rate=16000, seconds=2.0, limit=50_000_000):
        if min(rate, seconds, limit) <= 0:
            raise ValueError(
                "`rate`, `seconds` and `limit` are above 0. Received: "
                f"rate={rate}, seconds={seconds}, limit={limit}"
            )
        self.rate = int(rate)
        self.seconds = float(seconds)
        self.limit = int(limit)
        self._enough = self.seconds + 0.1  # Of a file, to fill the result.

    @property
    def shape(self):
        """Shape of one decoded sound: `(samples,)`."""
        return (round(self.rate * self.seconds),)

    @tf.autograph.experimental.do_not_convert
    def __call__(self, encoded):
        """Decodes one sound.

        Args:
            encoded: Scalar string tensor or bytes.

        Returns:
            float32 tensor of shape `(samples,)`, in [-1, 1].

        Raises:
            tf.errors.InvalidArgumentError: If it is no sound that can be
                read, or is larger than `limit`.
        """
        encoded = tf.convert_to_tensor(encoded, tf.string)
        if not tf.inside_function():
            [samples], [error] = self.try_batch(encoded[None])
        elif native.loads():
            samples, error = attempts.first_of(
                self._read_natively, self._read_in_python, encoded
            )
        else:
            samples, error = self._read_in_python(encoded)
        with tf.control_dependencies(
            [tf.debugging.Assert(error == "", [error])]
        ):
            return tf.ensure_shape(samples, self.shape)

    def try_batch(self, encoded):
        """Decodes a batch of sounds, some of which may be bad.

        In a graph it is made of TensorFlow operations alone, and reads WAV
        files only.

        Args:
            encoded: String tensor of shape `(n,)`.

        Returns:
            Tuple of samples, float32 `(n, samples)`, zeros where a sound is
            bad, and errors, string `(n,)`: what is wrong with it, or `""`.
        """
        if tf.inside_function():
            return self._try_waves(encoded)
        samples, errors = self.read(encoded.numpy().tolist())
        return tf.constant(samples), tf.constant(errors, tf.string)

    def read(self, files):
        """Decodes as `try_batch` does, outside a graph.

        Args:
            files: List of bytes.

        Returns:
            Tuple of NumPy arrays as `try_batch` returns: samples, and errors
            as bytes.
        """
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            read = list(pool.map(self._decode, files))
        samples = np.zeros((len(read), *self.shape), "float32")
        errors = np.full(len(read), b"", object)
        for i, found in enumerate(read):
            samples[i], errors[i] = found
        return samples, errors

    def get_config(self):
        return {
            "rate": self.rate,
            "seconds": self.seconds,
            "limit": self.limit,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _decode(self, encoded):
        """Decodes bytes with soundfile; returns samples and an error."""
        import soundfile

        silence = np.zeros(self.shape, "float32")
        if not encoded or len(encoded) > self.limit:
            return silence, self._refusal(len(encoded)).encode()
        try:
            with soundfile.SoundFile(io.BytesIO(encoded)) as file:
                rate = file.samplerate
                frames = int(self._enough * rate) + 1
                samples = file.read(frames, "float32", always_2d=True)
        except (soundfile.SoundFileError, ValueError, TypeError) as error:
            reason = str(error).partition(": ")[2] or str(error)
            return silence, f"no sound that can be read: {reason}".encode()
        if not 0 < rate <= _FASTEST or not len(samples):
            return silence, b"a file without sound"
        return self._finish(tf.constant(samples), rate).numpy(), b""

    def _read_in_python(self, encoded):
        return tf.numpy_function(
            self._decode, [encoded], [tf.float32, tf.string]
        )

    def _read_natively(self, encoded):
        large = tf.strings.length(encoded) > self.limit
        samples, rate = native.decode(tf.where(large, "", encoded))
        return self._finish(samples, rate), ""

    def _finish(self, samples, rate):
        """Mixes down, resamples, and cuts or fills."""
        frames = tf.cast(self._enough * tf.cast(rate, tf.float32), tf.int32)
        samples = samples[: frames + 1]
        samples = tf.where(tf.math.is_finite(samples), samples, 0.0)
        mono = tf.reduce_mean(tf.clip_by_value(samples, -1.0, 1.0), 1)
        mono = waves.resample(mono, rate, self.rate)[: self.shape[0]]
        mono = tf.pad(mono, [(0, self.shape[0] - tf.size(mono))])
        mono = tf.clip_by_value(mono, -1.0, 1.0)
        return tf.ensure_shape(mono, self.shape)

    def _refusal(self, size):
        if not size:
            return "empty"
        return f"a file of {size} bytes; at most {self.limit} are read"

    def _try_waves(self, encoded):
        def one(encoded):
            large = tf.strings.length(encoded) > self.limit
            encoded = tf.where(large, "", encoded)
            samples, rate, error = waves.decode(encoded)
            fast = (error == "") & (rate > _FASTEST)
            error = tf.where(fast, "a file without sound", error)
            error = tf.where(large, f"more than {self.limit} bytes", error)
            error = tf.where((encoded == "") & ~large, "empty", error)
            good = error == ""
            samples = tf.where(good, samples, 0.0)
            rate = tf.where(good, rate, self.rate)
            return self._finish(samples, rate), error

        sound = tf.TensorSpec(self.shape, tf.float32)
        error = tf.TensorSpec((), tf.string)
        return tf.map_fn(one, encoded, fn_output_signature=(sound, error))
