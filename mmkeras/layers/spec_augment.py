"""SpecAugment: masks random frequency bands and time spans."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class SpecAugment(keras.layers.Layer):
    """Masks random frequency bands and time spans, in training only.

    Masked values are 0, the mean of a normalised spectrogram. Each frequency
    mask has 0 to `freq_width` bins, each time mask up to `time_fraction` of
    all frames.

    Args:
        freq_masks: int. Number of frequency masks per spectrogram.
        freq_width: int. Maximum width of a frequency mask, in bins.
        time_masks: int. Number of time masks per spectrogram.
        time_fraction: float in [0, 1]. Maximum length of a time mask, as a
            fraction of all frames.
        seed: int, or `None` for a random one.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, frames, bins)`.
        training: bool. Whether to mask anything.

    Returns:
        Tensor of the same shape, with the same mask.

    Raises:
        ValueError: If `time_fraction` is not in [0, 1].

    Reference:
        [Park et al., 2019](https://arxiv.org/abs/1904.08779), without warping
    """

    def __init__(
        self,
        freq_masks=1,
        freq_width=8,
        time_masks=1,
        time_fraction=0.2,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not 0 <= time_fraction <= 1:
            raise ValueError(
                "`time_fraction` must be in [0, 1]. Received: "
                f"time_fraction={time_fraction}"
            )
        self.freq_masks = freq_masks
        self.freq_width = freq_width
        self.time_masks = time_masks
        self.time_fraction = time_fraction
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=None):
        if not training:
            return inputs
        _, frames, bins = ops.shape(inputs)
        x = inputs
        widest = min(self.freq_width, bins)
        longest = self.time_fraction * ops.cast(frames, "float32")
        for _ in range(self.freq_masks):
            x = x * self._mask(x, bins, widest)[:, None, :]
        for _ in range(self.time_masks):
            x = x * self._mask(x, frames, longest)[:, :, None]
        return x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "freq_masks": self.freq_masks,
            "freq_width": self.freq_width,
            "time_masks": self.time_masks,
            "time_fraction": self.time_fraction,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}

    def _mask(self, x, size, longest):
        """Ones of shape `(batch, size)`, except one run of zeros per row."""
        shape = (ops.shape(x)[0], 1)
        uniform = keras.random.uniform
        run = uniform(shape, 0.0, 1.0, seed=self.generator) * longest
        length = ops.cast(size, "float32")
        start = uniform(shape, 0.0, 1.0, seed=self.generator) * (length - run)
        position = ops.cast(ops.arange(size), "float32")[None] + 0.5
        inside = ops.logical_and(position >= start, position < start + run)
        return ops.cast(ops.logical_not(inside), x.dtype)
