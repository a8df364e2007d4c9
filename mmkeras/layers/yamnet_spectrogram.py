"""Patches of log-mel frames as YAMNet takes them."""

import keras
import numpy as np
from keras import ops

from mmkeras.layers.num_samples import num_samples

RATE = 16000  # Hz.
FRAMES, HOP = 96, 48  # Of a patch, and from one patch to the next.
WINDOW, STRIDE, FFT = 400, 160, 512  # Samples.
MELS, LOW, HIGH = 64, 125.0, 7500.0  # Bins, Hz.


@keras.saving.register_keras_serializable(package="mmkeras")
class YAMNetSpectrogram(keras.layers.Layer):
    """Cuts audio at 16 kHz into overlapping patches of log-mel frames.

        frame_t = log(mel_matrix^T |STFT(x)|_t + log_offset)

    Frames of 25 ms every 10 ms; patches of 96 frames (0.96 s) every 48. The
    matrix and the offset are weights, so that they can be read from a file,
    but are not trained. A clip shorter than a patch is padded with silence.

    Args:
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: Tensor of shape `(batch, samples)`, in [-1, 1]. Zeros at the
            end are padding.

    Returns:
        Tensor of shape `(batch, patches, 96, 64)`. The mask excludes
        patches that begin right the end of the clip.

    Raises:
        ValueError: If the number of samples is not fixed.

    Reference:
        [Hershey et al., 2017](https://arxiv.org/abs/1609.09430)
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.supports_masking = True

    def build(self, input_shape):
        if len(input_shape) != 2 or input_shape[1] is None:
            raise ValueError(
                "`YAMNetSpectrogram` takes waveforms of shape (batch, samples) "
                "with a fixed number of samples. Received: "
                f"input_shape={tuple(input_shape)}"
            )
        self.mel_matrix = self.add_weight(
            shape=(FFT // 2 + 1, MELS),
            initializer=_mel_matrix,
            trainable=False,
            name="mel_matrix",
        )
        self.log_offset = self.add_weight(
            shape=(MELS,),
            initializer=keras.initializers.Constant(0.001),
            trainable=False,
            name="log_offset",
        )

    def call(self, inputs):
        patches = _patches(inputs.shape[1])
        frames = FRAMES + HOP * (patches - 1)
        left = (FFT - WINDOW) // 2  # The window is centred.
        need = left + (frames - 1) * STRIDE + FFT
        right = max(need - left - inputs.shape[1], 0)
        x = ops.pad(inputs, [(0, 0), (left, right)])
        real, imaginary = ops.stft(x, WINDOW, STRIDE, FFT, center=False)
        size = ops.sqrt(ops.square(real) + ops.square(imaginary))
        x = ops.matmul(size[:, :frames], self.mel_matrix)
        x = ops.log(x + self.log_offset)  # (batch, frames, mels)
        starts = range(0, HOP * patches, HOP)
        return ops.stack([x[:, i : i + FRAMES] for i in starts], axis=1)

    def compute_mask(self, inputs, mask=None):
        starts = np.arange(_patches(inputs.shape[1])) * HOP * STRIDE
        return ops.greater(num_samples(inputs), starts[None].astype("float32"))

    def compute_output_shape(self, input_shape):
        return input_shape[0], _patches(input_shape[1]), FRAMES, MELS


def _patches(samples):
    """Counts the patches of a clip: every sample is in one."""
    frames = -(-max(samples - WINDOW, 0) // STRIDE) + 1
    return -(-max(frames - FRAMES, 0) // HOP) + 1


def _mel_matrix(shape, dtype=None):
    """Triangles on the HTK mel scale from 125 to 7,500 Hz."""
    mel = keras.layers.MelSpectrogram(dtype="float32")
    return mel.linear_to_mel_weight_matrix(
        shape[1], shape[0], RATE, LOW, HIGH, dtype="float32"
    )
