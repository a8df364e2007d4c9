"""Perceiver: a few latents attend to all inputs."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.fusion import attention
from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class Perceiver(keras.layers.Layer):
    """Learned latents that attend to all modalities at once.

        m = [W_i x_i + sine positions + e_i for all i], concatenated in time
        z = cross_d(z, m);  z = self_d(z, z)      d = 1, ..., depth
        y = mean over latents of norm(z)

    `cross_d` and `self_d` are blocks of attention and a feed-forward layer;
    the cost grows with the latents times the steps, not with the steps times
    the steps.

    Departure from the paper: layers do not share weights, and positions are
    sines added to the steps, not concatenated Fourier features.

    Args:
        dim: int. Size of a step, of a latent and of the result.
        latents: int. Number of latents.
        depth: int. Number of cross-attention and self-attention blocks.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, length_i,
            dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and not attended to; `None` if all are present.
        mask: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, if one is not a sequence, or if
            `heads` does not divide `dim`.

    Reference:
        [Jaegle et al., 2021](https://arxiv.org/abs/2103.03206)
    """

    takes_sequences = True

    def __init__(
        self, dim=128, latents=16, depth=2, heads=4, dropout=0.1, **kwargs
    ):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        self.dim = dim
        self.latents = latents
        self.depth = depth
        self.heads = heads
        self.dropout = dropout
        self.positions = attention.sine_positions(self)

    def build(self, inputs_shape):
        modalities.check_sequences(self, inputs_shape)
        self.projections = [
            dense(self, shape, self.dim, f"project_{i}")
            for i, shape in enumerate(inputs_shape)
        ]
        self.start = self.add_weight(
            shape=(self.latents, self.dim),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="latents",
        )
        self.cross_blocks = attention.blocks(self, self.depth, "cross")
        self.self_blocks = attention.blocks(self, self.depth, "self")
        self.norm = attention.norm(self, self.dim, "norm")

    def call(self, inputs, presence=None, mask=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        step_masks = modalities.present_steps(inputs, presence, mask)
        steps = [project(x) for project, x in zip(self.projections, inputs)]
        memory = ops.concatenate([x + self.positions(x) for x in steps], axis=1)
        step_mask = ops.concatenate(step_masks, axis=1)
        z = attention.tile_batch(self.start, memory)
        for cross, own in zip(self.cross_blocks, self.self_blocks):
            z = cross(z, memory, step_mask, training=training)
            z = own(z, training=training)
        return ops.mean(self.norm(z), axis=1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "latents": self.latents,
            "depth": self.depth,
            "heads": self.heads,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}
