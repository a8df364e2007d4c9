"""Multimodal compact bilinear pooling."""

import keras
import numpy as np
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.power import power_normalized


@keras.saving.register_keras_serializable(package="mmkeras")
class CompactBilinear(keras.layers.Layer):
    """Projects the outer product of inputs without forming it (MCB).

    Each input is sketched: feature j is added at position h_j of a vector, with
    sign s_j, both sampled once. The sketch of the outer product is then the
    circular convolution of the sketches:

        sketch(x)_k = sum over j with h_j = k of s_j x_j
        z = irfft(rfft(sketch(x_1)) * ... * rfft(sketch(x_n)))
        y = sign(z) sqrt(|z|), scaled to length 1

    The layer has no weights; it computes in float32.

    Args:
        dim: int, even. Size of the fused vector.
        seed: int. Seed of the positions and signs.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and excluded from the product; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If `dim` is odd, there is only one input, or one is not a
            vector.

    Reference:
        [Fukui et al., 2016](https://arxiv.org/abs/1606.01847)
    """

    def __init__(self, dim=1024, seed=0, **kwargs):
        super().__init__(**kwargs)
        if dim % 2:
            raise ValueError(f"`dim` must be even. Received: dim={dim}")
        self.dim = dim
        self.seed = seed

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        self.sketches = [
            self._sample(i, shape[-1]) for i, shape in enumerate(inputs_shape)
        ]
        positions, signs = zip(*self.sketches)
        # One vector for all sketches, the i-th from i `dim`.
        self.positions = np.concatenate(
            [x + i * self.dim for i, x in enumerate(positions)]
        )
        self.signs = np.concatenate(signs)

    def _sample(self, i, size):
        """Samples position and sign of each feature of the i-th input."""
        rng = np.random.default_rng([self.seed, i])
        positions = rng.integers(0, self.dim, size).astype("int32")
        return positions, rng.choice([-1.0, 1.0], size).astype("float32")

    def call(self, inputs, presence=None):
        inputs = modalities.mask_absent(inputs, presence)
        a, b = ops.rfft(self._sketched(inputs))
        if presence is not None:  # Ones: absent inputs have no effect.
            a = ops.where(presence[:, :, None], a, 1.0)
            b = ops.where(presence[:, :, None], b, 0.0)
        real, imaginary = a[:, 0], b[:, 0]
        for i in range(1, len(inputs)):
            real, imaginary = (
                real * a[:, i] - imaginary * b[:, i],
                real * b[:, i] + imaginary * a[:, i],
            )
        z = ops.irfft((real, imaginary), fft_length=self.dim)
        return ops.cast(power_normalized(z), self.compute_dtype)

    def _sketched(self, inputs):
        """All sketches, `(batch, n, dim)`, in one sum."""
        inputs = [ops.cast(x, "float32") for x in inputs]
        sums = ops.segment_sum(
            ops.transpose(ops.concatenate(inputs, axis=-1) * self.signs),
            self.positions,
            num_segments=len(inputs) * self.dim,
        )
        return ops.reshape(ops.transpose(sums), (-1, len(inputs), self.dim))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        return {**super().get_config(), "dim": self.dim, "seed": self.seed}
