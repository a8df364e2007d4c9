"""SpecAugment: bands of pitch and stretches of time are hidden."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class SpecAugment(keras.layers.Layer):
    """Hides random bands and stretches of a spectrogram, in training only.

    What is hidden is 0, the mean of a normalised spectrogram. Each band is
    from 0 to `width` bins, each stretch from 0 to `length` of all frames.

    Args:
        bands: int. Bands of each sound.
        width: int. Bins of the widest.
        stretches: int. Stretches of each sound.
        length: float in [0, 1]. The longest, in parts of all frames.
        seed: int, or `None` to draw one.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, frames, bins)`.
        training: bool. Whether to hide anything.

    Returns:
        Tensor of the same shape; a mask is kept.

    Raises:
        ValueError: If `length` is not in [0, 1].

    Reference:
        [Park et al., 2019](https://arxiv.org/abs/1904.08779), without warping
    """

    def __init__(
        self, bands=1, width=8, stretches=1, length=0.2, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        if not 0 <= length <= 1:
            raise ValueError(
                f"`length` must be in [0, 1]. Received: length={length}"
            )
        self.bands = bands
        self.width = width
        self.stretches = stretches
        self.length = length
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=None):
        if not training:
            return inputs
        _, frames, bins = ops.shape(inputs)
        x = inputs
        longest = self.length * ops.cast(frames, "float32")
        for _ in range(self.bands):
            x = x * self._kept(x, bins, min(self.width, bins))[:, None, :]
        for _ in range(self.stretches):
            x = x * self._kept(x, frames, longest)[:, :, None]
        return x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {
            "bands": self.bands,
            "width": self.width,
            "stretches": self.stretches,
            "length": self.length,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}

    def _kept(self, x, size, longest):
        """Ones of shape `(batch, size)`, but for one run of zeros each."""
        shape = (ops.shape(x)[0], 1)
        uniform = keras.random.uniform
        run = uniform(shape, 0.0, 1.0, seed=self.generator) * longest
        places = ops.cast(size, "float32")
        start = uniform(shape, 0.0, 1.0, seed=self.generator) * (places - run)
        place = ops.cast(ops.arange(size), "float32")[None] + 0.5
        hidden = ops.logical_and(place >= start, place < start + run)
        return ops.cast(ops.logical_not(hidden), x.dtype)
