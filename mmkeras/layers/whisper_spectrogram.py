"""Log-mel frames of audio as Whisper takes them."""

import keras
from keras import ops

WINDOW, STRIDE = 400, 160  # Samples at 16 kHz.


@keras.saving.register_keras_serializable(package="mmkeras")
class WhisperSpectrogram(keras.layers.Layer):
    """Turns audio at 16 kHz into Whisper's log-mel frames.

        frame_t = log10(max(mel(|STFT(x)|^2)_t, 1e-10))
        frame_t = (max(frame_t, loudest - 8) + 4) / 4

    where `loudest` is the largest value of the clip; the filters are
    KerasHub's. It equals `keras_hub.layers.WhisperAudioConverter`, which does
    not run inside a model.

    Args:
        mels: int. Number of mel bins.
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: Tensor of shape `(batch, samples)`, in [-1, 1].

    Returns:
        Tensor of shape `(batch, samples // 160, mels)`.

    Reference:
        [Radford et al., 2022](https://arxiv.org/abs/2212.04356)
    """

    def __init__(self, mels=80, **kwargs):
        import keras_hub  # Late: it takes half a second.

        super().__init__(**{**kwargs, "dtype": "float32"})
        self.mels = mels
        converter = keras_hub.layers.WhisperAudioConverter(num_mels=mels)
        self.filters = converter.mel_filters  # (frequencies, mels)

    def call(self, inputs):
        around = [(0, 0), (WINDOW // 2, WINDOW // 2)]
        x = ops.pad(inputs, around, mode="reflect")
        real, imaginary = ops.stft(x, WINDOW, STRIDE, WINDOW, center=False)
        power = ops.square(real[:, :-1]) + ops.square(imaginary[:, :-1])
        x = ops.log10(ops.maximum(ops.matmul(power, self.filters), 1e-10))
        loudest = ops.max(x, axis=(1, 2), keepdims=True)
        return (ops.maximum(x, loudest - 8) + 4) / 4

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        frames = None if samples is None else samples // STRIDE
        return batch, frames, self.mels

    def get_config(self):
        return {**super().get_config(), "mels": self.mels}
