"""Log-mel spectrograms and MFCCs of audio."""

import keras
import numpy as np
from keras import ops

from mmkeras.layers.num_samples import num_samples

FLOOR = 1e-6  # Added to energies before the logarithm.


@keras.saving.register_keras_serializable(package="mmkeras")
class LogMel(keras.layers.Layer):
    """Turns audio into log-mel frames or MFCCs.

        frame_t = log(mel(|STFT(x)|^2)_t + 1e-6)

    and with `coefficients` its first orthonormal DCT-II coefficients (MFCC).
    With `normalize`, each bin then has mean 0 and variance 1 over the frames
    of a clip, which removes loudness and timbre.

    Trailing zeros of a clip are padding: their frames are 0 and masked, and
    do not depend on the number of zeros. The decibels of `keras.layers` are
    not used, as they depend on the loudest clip of the batch.

    Args:
        rate: int. Sample rate in Hz.
        mels: int. Number of mel bins.
        window: float. Length of a frame in seconds.
        stride: float. Time between two frames, in seconds.
        low: float. Lowest frequency, in Hz.
        high: float. Highest frequency, in Hz; half of `rate` by default.
        coefficients: int. Number of MFCCs to return instead; 0 for none.
        normalize: bool. Whether to normalize each bin to mean 0 and variance 1.
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: Tensor of shape `(batch, samples)`, in [-1, 1].

    Returns:
        Tensor of shape `(batch, 1 + samples // hop, mels or coefficients)`,
        with a mask; the hop is `stride * rate` samples.

    Raises:
        ValueError: If `coefficients` is greater than `mels`, or `high` greater
            than half of `rate`.

    Reference:
        [Davis and Mermelstein, 1980](https://doi.org/10.1109/TASSP.1980.1163420)
    """

    def __init__(
        self,
        rate=16000,
        mels=64,
        window=0.025,
        stride=0.01,
        low=20.0,
        high=None,
        coefficients=0,
        normalize=True,
        **kwargs,
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if coefficients > mels:
            raise ValueError(
                "`coefficients` must be at most `mels`. Received: "
                f"coefficients={coefficients}, mels={mels}"
            )
        if high and high > rate / 2:
            raise ValueError(
                "`high` must be at most half of `rate`. Received: "
                f"high={high}, rate={rate}"
            )
        self.rate = rate
        self.mels = mels
        self.window = window
        self.stride = stride
        self.low = low
        self.high = high
        self.coefficients = coefficients
        self.normalize = normalize
        self.supports_masking = True
        size = max(round(window * rate), 2)
        self.hop = max(round(stride * rate), 1)
        self.mel = keras.layers.MelSpectrogram(
            fft_length=2 ** int(np.ceil(np.log2(size))),
            sequence_stride=self.hop,
            sequence_length=size,
            sampling_rate=rate,
            num_mel_bins=mels,
            min_freq=low,
            max_freq=high,
            power_to_db=False,
            dtype="float32",
            name="mel",
        )

    def build(self, input_shape):
        self.mel.build(input_shape)

    def call(self, inputs):
        frames = self._count(ops.shape(inputs)[1])
        # Reflection at the end then sees silence.
        x = ops.pad(inputs, [(0, 0), (0, self.mel.fft_length)])
        x = ops.swapaxes(self.mel(x), 1, 2)[:, :frames]
        x = ops.log(x + FLOOR)  # (batch, frames, mels)
        if self.coefficients:
            x = ops.matmul(x, _cosines(self.mels, self.coefficients))
        frame_mask = ops.expand_dims(self.compute_mask(inputs), -1)
        frame_mask = ops.cast(frame_mask, x.dtype)
        return _standardize(x, frame_mask) if self.normalize else x * frame_mask

    def compute_mask(self, inputs, mask=None):
        # Without shapes, which may be unknown for a symbolic tensor.
        position = ops.cumsum(ops.ones_like(inputs), axis=1)  # From 1.
        starts = ops.pad(position, [(0, 0), (1, 0)])[:, :: self.hop]
        return ops.less(starts, num_samples(inputs))

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        frames = None if samples is None else self._count(samples)
        return batch, frames, self.coefficients or self.mels

    def get_config(self):
        config = {
            "rate": self.rate,
            "mels": self.mels,
            "window": self.window,
            "stride": self.stride,
            "low": self.low,
            "high": self.high,
            "coefficients": self.coefficients,
            "normalize": self.normalize,
        }
        return {**super().get_config(), **config}

    def _count(self, samples):
        return 1 + samples // self.hop


def _cosines(mels, coefficients):
    """The orthonormal DCT-II as a matrix of shape `(mels, coefficients)`."""
    angle = np.pi / mels * (np.arange(mels)[:, None] + 0.5)
    matrix = np.cos(angle * np.arange(coefficients)) * np.sqrt(2 / mels)
    matrix[:, 0] /= np.sqrt(2)
    return ops.convert_to_tensor(matrix.astype("float32"))


def _standardize(x, frame_mask):
    """Mean 0 and variance 1 over the frames of the mask; 0 elsewhere."""
    count = ops.maximum(ops.sum(frame_mask, axis=1, keepdims=True), 1.0)
    mean = ops.sum(x * frame_mask, axis=1, keepdims=True) / count
    x = (x - mean) * frame_mask
    variance = ops.sum(ops.square(x), axis=1, keepdims=True) / count
    return x * ops.rsqrt(variance + 1e-3)
