"""The Perceiver: a few latents attend to all inputs."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.fusion import attention
from mmkeras.fusion import inputs as given
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class Perceiver(keras.layers.Layer):
    """Learned latents that attend to all modalities at once.

        m = [W_i x_i + sines of the place + e_i for all i], one after another
        z = read_d(z, m);  z = think_d(z, z)      d = 1, ..., depth
        y = mean over latents of norm(z)

    `read_d` and `think_d` are blocks of attention and a feed-forward layer;
    the cost grows with the latents times the steps, not with the steps times
    the steps.

    Departure from the paper: every layer has weights of its own, and places
    are sines added to the steps, not Fourier features beside them.

    Args:
        dim: int. Size of a step, of a latent and of the result.
        latents: int. How many there are.
        depth: int. How often they read, and think.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, length_i,
            dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and is not read; `None` if all are there.
        mask: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is but one input, if one is not a sequence, or if
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
        self.places = attention.sine_positions(self)

    def build(self, inputs_shape):
        given.check_sequences(self, inputs_shape)
        self.projections = [
            dense(self, shape, self.dim, f"project_{i}")
            for i, shape in enumerate(inputs_shape)
        ]
        self.start = self.add_weight(
            shape=(self.latents, self.dim),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="latents",
        )
        self.reading = attention.blocks(self, self.depth, "read")
        self.thinking = attention.blocks(self, self.depth, "think")
        self.norm = attention.norm(self, self.dim, "norm")

    def call(self, inputs, presence=None, mask=None, training=None):
        inputs = given.mask_absent(inputs, presence)
        there = given.present_steps(inputs, presence, mask)
        steps = [project(x) for project, x in zip(self.projections, inputs)]
        memory = ops.concatenate([x + self.places(x) for x in steps], axis=1)
        there = ops.concatenate(there, axis=1)
        z = attention.tile_batch(self.start, memory)
        for read, think in zip(self.reading, self.thinking):
            z = read(z, memory, there, training=training)
            z = think(z, training=training)
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
