"""Sound as the ear hears it: log-mel spectrograms and MFCCs."""

import keras
import numpy as np
from keras import ops

from mmkeras.layers.sound import sound_length

FLOOR = 1e-6  # Added to energies before the logarithm.


@keras.saving.register_keras_serializable(package="mmkeras")
class LogMel(keras.layers.Layer):
    """Turns sound into frames of log-mel energies, or of their cosines.

        frame_t = log(mel(|STFT(x)|^2)_t + 1e-6)

    and with `coefficients` the first of its orthonormal DCT-II (MFCC). Each
    bin is then brought to mean 0 and variance 1 over the frames of a sound,
    unless its loudness and colour are to be kept.

    Zeros at the end of a sound are padding: the frames there are 0 and
    masked, and do not depend on how many there are. `keras.layers`' own
    decibels are not used, for they depend on the loudest sound of the batch.

    Args:
        rate: int. Samples a second, in Hz.
        mels: int. Bins on the mel scale.
        window: float. Length of a frame in seconds.
        stride: float. From one frame to the next, in seconds.
        low: float. Lowest frequency, in Hz.
        high: float. Highest frequency, in Hz; half of `rate` by default.
        coefficients: int. How many MFCCs to give instead; 0 for none.
        normalize: bool. Whether to bring each bin to mean 0 and variance 1.
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: Tensor of shape `(batch, samples)`, in [-1, 1].

    Returns:
        Tensor of shape `(batch, 1 + samples // hop, mels or coefficients)`,
        with a mask; the hop is `stride * rate` samples.

    Raises:
        ValueError: If `coefficients` is greater than `mels`, or `high` beyond
            half of `rate`.

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
        # So that what is reflected at the end is silence.
        x = ops.pad(inputs, [(0, 0), (0, self.mel.fft_length)])
        x = ops.swapaxes(self.mel(x), 1, 2)[:, :frames]
        x = ops.log(x + FLOOR)  # (batch, frames, mels)
        if self.coefficients:
            x = ops.matmul(x, _cosines(self.mels, self.coefficients))
        frame_mask = ops.expand_dims(self.compute_mask(inputs), -1)
        frame_mask = ops.cast(frame_mask, x.dtype)
        return _standardize(x, frame_mask) if self.normalize else x * frame_mask

    def compute_mask(self, inputs, mask=None):
        # Without shapes, which a symbolic tensor may not know.
        place = ops.cumsum(ops.ones_like(inputs), axis=1)  # From 1.
        starts = ops.pad(place, [(0, 0), (1, 0)])[:, :: self.hop]
        return ops.less(starts, sound_length(inputs))

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
