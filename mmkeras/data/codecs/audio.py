"""Audio codec: the bytes of an audio file to samples."""

import concurrent.futures
import io

import numpy as np
import tensorflow as tf

from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs import waveforms
from mmkeras.data.codecs.codec import Codec
from mmkeras.data.codecs.durations import durations
from mmkeras.data.decoding import resampling
from mmkeras.data.decoding import tfio
from mmkeras.data.decoding import try_else
from mmkeras.data.decoding import wav

_THREADS = 2  # More files at a time would take more memory.


class Audio(Codec):
    """Decodes WAV, FLAC, Ogg Vorbis, Opus and MP3 bytes to samples.

    Channels are mixed down to one and resampled to one rate; longer audio than
    `max_seconds` is truncated, shorter audio is padded with zeros.

    WAV is always decoded by TensorFlow, so that a SavedModel has the same
    samples as training, and rejects the same files: samples are PCM, floats,
    A-law or mu-law. A SavedModel decodes WAV only. Otherwise, soundfile decodes
    the other formats. With compatible versions of TensorFlow and tensorflow-io
    (the extra `tfio`), native operations decode FLAC and Vorbis in `tf.data`,
    to the same values; soundfile decodes files that they cannot read safely
    (Opus, MP3, damaged, unusual and very long files).

    Args:
        sample_rate: int. Sample rate of the result, in Hz.
        max_seconds: float. Length of the result.
        limit: int. Largest size of a file, in bytes.

    Raises:
        ValueError: If an argument is not positive.

    Example:

    >>> codec = Audio(16000, max_seconds=5.0)
    >>> dataset.map(lambda example: codec(example["audio"]))
    """

    kind = "audio"
    in_file = True
    size_unit = "s"
    multiple = 1600  # Samples; a tenth of a second at 16 kHz.

    def __init__(self, sample_rate=16000, max_seconds=2.0, limit=50_000_000):
        if min(sample_rate, max_seconds, limit) <= 0:
            raise ValueError(
                "`sample_rate`, `max_seconds` and `limit` must be above 0. "
                f"Received: sample_rate={sample_rate}, "
                f"max_seconds={max_seconds}, limit={limit}"
            )
        self.sample_rate = int(sample_rate)
        self.max_seconds = float(max_seconds)
        self.limit = int(limit)
        self._read_seconds = self.max_seconds + 0.1  # Enough for the result.

    @property
    def shape(self):
        """Shape of one decoded file: `(samples,)`."""
        return (round(self.sample_rate * self.max_seconds),)

    @property
    def max_size(self):
        """Length in seconds beyond which audio is truncated."""
        return self.max_seconds

    def sizes(self, values):
        """Measures audio files.

        Args:
            values: List of paths, or of the bytes of files.

        Returns:
            List of the lengths in seconds of all readable files.
        """
        return durations(values)

    @tf.autograph.experimental.do_not_convert
    def __call__(self, encoded):
        """Decodes one file.

        Args:
            encoded: Scalar string tensor or bytes.

        Returns:
            float32 tensor of shape `(samples,)`, in [-1, 1].

        Raises:
            tf.errors.InvalidArgumentError: If it is not readable audio, or
                is larger than `limit`.
        """
        encoded = tf.convert_to_tensor(encoded, tf.string)
        if not tf.inside_function():
            [samples], [error] = self.try_batch(encoded[None])
        else:
            samples, error = tf.cond(
                wav.is_wave(encoded),
                lambda: _read_wave(encoded, *self._arguments()),
                lambda: self._read_other(encoded),
            )
        with tf.control_dependencies(
            [tf.debugging.Assert(error == "", [error])]
        ):
            return tf.ensure_shape(samples, self.shape)

    def try_batch(self, encoded):
        """Decodes a batch of files, some of which may be bad.

        In a graph, it uses TensorFlow operations alone, and reads WAV only.

        Args:
            encoded: String tensor of shape `(n,)`.

        Returns:
            Tuple of samples, float32 `(n, samples)`, zeros where a file is
            bad, and errors, string `(n,)`, `""` where there is none.
        """
        if tf.inside_function():
            samples, errors = self.read_waves(encoded, self.shape[0])
            return tf.ensure_shape(samples, (None, *self.shape)), errors
        samples, errors = self.read(encoded.numpy().tolist())
        return tf.constant(samples), tf.constant(errors, tf.string)

    def encode(self, packed):
        """See `Codec.encode`: samples are float32 in [-1, 1]."""
        present = tf.strings.length(packed) > 0
        samples, errors = self.try_batch(packed)
        return samples, present, tf.where(present, errors, "")

    def encode_one(self, packed):
        """See `Codec.encode_one`: reads all formats, even in a graph."""
        present = tf.strings.length(packed) > 0
        silence = tf.zeros(self.shape)
        x = tf.cond(present, lambda: self(packed), lambda: silence)
        return x, present

    def lengths(self, encoded):
        """See `Codec.lengths`: samples up to the last that is not 0."""
        lengths = np.zeros(len(encoded), int)
        block = self.sample_rate
        for i, samples in enumerate(encoded):
            end = len(samples)
            while end > 0:  # From the end: most of it is padding.
                start = max(end - block, 0)
                places = np.flatnonzero(samples[start:end])
                if len(places):
                    lengths[i] = start + places[-1] + 1
                    break
                end = start
        return lengths

    def shorten(self, x):
        """See `Codec.shorten`."""
        has_sound = tf.reduce_any(x != 0, axis=0)
        place = tf.range(1, tf.shape(x)[1] + 1)
        longest = tf.reduce_max(tf.where(has_sound, place, 1))
        length = -(-longest // self.multiple) * self.multiple
        return x[:, :length]

    def samples(self):
        """See `Codec.samples`: WAV files."""
        return sample_values.audio_files()

    def read(self, files):
        """Decodes as `try_batch` does, outside a graph.

        Args:
            files: List of bytes.

        Returns:
            Tuple of NumPy arrays as `try_batch` returns: samples, and errors
            as bytes.
        """
        samples = np.zeros((len(files), *self.shape), "float32")
        errors = np.full(len(files), b"", object)
        is_wave = np.array([wav.is_wave(file) for file in files], bool)
        if is_wave.any():
            encoded = [f for f, wave in zip(files, is_wave) if wave]
            decoded = _read_waves(tf.constant(encoded), *self._arguments())
            samples[is_wave], errors[is_wave] = (x.numpy() for x in decoded)
        others = np.flatnonzero(~is_wave)
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            results = pool.map(self._read_file, [files[i] for i in others])
            for i, decoded in zip(others, results):
                samples[i], errors[i] = decoded
        return samples, errors

    def read_waves(self, encoded, length):
        """Decodes WAV files with TensorFlow operations alone.

        Args:
            encoded: String tensor of shape `(n,)`.
            length: int, or scalar int32 tensor: samples of the result.

        Returns:
            Tuple as from `try_batch`, of shapes `(n, length)` and `(n,)`.
        """
        length = tf.convert_to_tensor(length, tf.int32)
        return _read_waves(encoded, *self._arguments(length))

    def get_config(self):
        return {
            "sample_rate": self.sample_rate,
            "max_seconds": self.max_seconds,
            "limit": self.limit,
        }

    def _to_bytes(self, value):
        """Also packs a tuple of a waveform and its sample rate in Hz."""
        if isinstance(value, tuple) and len(value) == 2:
            return waveforms.to_wav(*value)
        return super()._to_bytes(value)

    def _arguments(self, length=None):
        """Returns the arguments of the graphs that all codecs share."""
        return (
            tf.constant(self.sample_rate),
            tf.constant(self.shape[0]) if length is None else length,
            tf.constant(self._read_seconds),
            tf.constant(self.limit, tf.int64),
        )

    def _read_file(self, encoded):
        """Decodes bytes that are not WAV; returns samples and an error."""
        samples, rate, error = self._decode(encoded)
        return _finish(samples, rate, *self._arguments()).numpy(), error

    def _decode(self, encoded):
        """Decodes bytes with soundfile.

        Returns:
            Tuple of samples, float32 `(frames, channels)`, their rate in Hz,
            int32, and an error as bytes; with an error, there are no samples.
        """
        import soundfile

        empty = np.zeros((0, 1), "float32"), np.int32(self.sample_rate)
        if not encoded or len(encoded) > self.limit:
            error = _size_error(encoded, tf.constant(self.limit, tf.int64))
            return *empty, error.numpy()
        try:
            with soundfile.SoundFile(io.BytesIO(encoded)) as file:
                rate = file.samplerate
                frames = int(self._read_seconds * rate) + 1
                samples = file.read(frames, "float32", always_2d=True)
        except (soundfile.SoundFileError, ValueError, TypeError) as error:
            reason = str(error).partition(": ")[2] or str(error)
            return *empty, f"not a readable audio file: {reason}".encode()
        if not 0 < rate <= wav.FASTEST or not len(samples):
            return *empty, b"a file without audio data"
        return samples, np.int32(rate), b""

    def _read_other(self, encoded):
        """Decodes a file that is not WAV, in a graph."""
        if not tfio.loads():
            return self._read_in_python(encoded)
        return try_else.try_else(
            self._read_natively, self._read_in_python, encoded
        )

    def _read_in_python(self, encoded):
        samples, rate, error = tf.numpy_function(
            self._decode, [encoded], [tf.float32, tf.int32, tf.string]
        )
        samples = tf.ensure_shape(samples, (None, None))
        rate, error = tf.ensure_shape(rate, ()), tf.ensure_shape(error, ())
        return _finish(samples, rate, *self._arguments()), error

    def _read_natively(self, encoded):
        large = tf.strings.length(encoded) > self.limit
        samples, rate = tfio.decode(tf.where(large, "", encoded))
        return _finish(samples, rate, *self._arguments()), ""


def _graph(function, *arguments):
    """Compiles a function for all codecs, since tracing takes seconds."""
    options = [((), tf.int32), ((), tf.int32), ((), tf.float32), ((), tf.int64)]
    specs = [tf.TensorSpec(*spec) for spec in (*arguments, *options)]

    def on_cpu(*values):
        with tf.device("CPU:0"):
            return function(*values)

    return tf.function(on_cpu, input_signature=specs, autograph=False)


def _mix(samples, file_rate, rate, length, seconds, limit):
    """Mixes down, resamples, and truncates or pads."""
    frames = tf.cast(seconds * tf.cast(file_rate, tf.float32), tf.int32)
    samples = samples[: frames + 1]
    samples = tf.where(tf.math.is_finite(samples), samples, 0.0)
    mono = tf.reduce_mean(tf.clip_by_value(samples, -1.0, 1.0), 1)
    mono = resampling.resample(mono, file_rate, rate)[:length]
    mono = tf.pad(mono, [(0, length - tf.size(mono))])
    return tf.clip_by_value(mono, -1.0, 1.0)


def _try_wave(encoded, rate, length, seconds, limit):
    size = _size_error(encoded, limit)
    encoded = tf.where(size == "", encoded, "")
    samples, file_rate, error = wav.decode(encoded, seconds)
    mono = _mix(samples, file_rate, rate, length, seconds, limit)
    return mono, tf.where(size == "", error, size)


def _try_waves(encoded, rate, length, seconds, limit):
    samples = tf.TensorSpec((None,), tf.float32)
    error = tf.TensorSpec((), tf.string)

    def decode_all():
        return tf.map_fn(
            lambda one: _try_wave(one, rate, length, seconds, limit),
            encoded,
            fn_output_signature=(samples, error),
            parallel_iterations=_THREADS,
        )

    def empty():  # `map_fn` could not infer the length.
        return tf.zeros((0, length)), tf.constant([], tf.string)

    return tf.cond(tf.size(encoded) > 0, decode_all, empty)


def _size_error(encoded, limit):
    """Returns an error about the size of a file, or `""`."""
    size = tf.strings.length(encoded)
    sizes = (tf.strings.as_string(size), tf.strings.as_string(limit))
    large = tf.strings.join(
        ["a file of ", sizes[0], " bytes; the limit is ", sizes[1]]
    )
    large = tf.where(tf.cast(size, tf.int64) > limit, large, "")
    return tf.where(size == 0, "empty", large)


_read_wave = _graph(_try_wave, ((), tf.string))
_read_waves = _graph(_try_waves, ((None,), tf.string))
_finish = _graph(_mix, ((None, None), tf.float32), ((), tf.int32))
