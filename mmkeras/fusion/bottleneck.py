"""Bottleneck tokens: modalities that speak through a few shared steps."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.fusion import attention
from mmkeras.fusion import inputs as given
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class Bottleneck(keras.layers.Layer):
    """Transformers of each modality that share bottleneck tokens (MBT).

    Each modality i has its own blocks, first for itself, then beside the few
    tokens b, all that it learns of the others:

        h_i          = [class_i; W_i x_i + sines of the place]
        [h_i; b_i]   = block_i([h_i; b])          every layer
        b            = mean of the b_i that are there
        y            = mean over i of norm(class_i)

    Departure from the paper: the class tokens are averaged, not their logits,
    so that any head may follow.

    Args:
        dim: int. Size of a step and of the result.
        tokens: int. Bottleneck tokens.
        depth: int. Layers with the bottleneck.
        alone: int. Layers before, of each modality by itself.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, length_i,
            dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and left out of both means; `None` if all are there.
        mask: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is but one input, if one is not a sequence, or if
            `heads` does not divide `dim`.

    Reference:
        [Nagrani et al., 2021](https://arxiv.org/abs/2107.00135)
    """

    takes_sequences = True

    def __init__(
        self,
        dim=128,
        tokens=4,
        depth=2,
        alone=1,
        heads=4,
        dropout=0.1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        self.dim = dim
        self.tokens = tokens
        self.depth = depth
        self.alone = alone
        self.heads = heads
        self.dropout = dropout
        self.places = attention.sine_positions(self)

    def build(self, inputs_shape):
        given.check_sequences(self, inputs_shape)
        self.projections, self.alones, self.shared = [], [], []
        self.classes = []
        for i, shape in enumerate(inputs_shape):
            self.projections.append(
                dense(self, shape, self.dim, f"project_{i}")
            )
            self.alones.append(attention.blocks(self, self.alone, f"alone_{i}"))
            self.shared.append(attention.blocks(self, self.depth, f"share_{i}"))
            self.classes.append(self._tokens(1, f"class_{i}"))
        self.bottleneck = self._tokens(self.tokens, "bottleneck")
        self.norm = attention.norm(self, self.dim, "norm")

    def call(self, inputs, presence=None, mask=None, training=None):
        inputs = given.mask_absent(inputs, presence)
        there = given.present_steps(inputs, presence, mask)
        steps = [self._first(i, x) for i, x in enumerate(inputs)]
        there = [_and(kept, 1, before=True) for kept in there]
        for i, own in enumerate(self.alones):
            for block in own:
                steps[i] = block(steps[i], there=there[i], training=training)
        passed = attention.tile_batch(self.bottleneck, steps[0])
        there = [_and(kept, self.tokens) for kept in there]
        for layer in zip(*self.shared):
            said = []
            for i, block in enumerate(layer):
                x = ops.concatenate([steps[i], passed], axis=1)
                x = block(x, there=there[i], training=training)
                steps[i] = x[:, : -self.tokens]
                said.append(x[:, -self.tokens :])
            passed = given.mean(said, presence)
        return given.mean([self.norm(x[:, 0]) for x in steps], presence)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "tokens": self.tokens,
            "depth": self.depth,
            "alone": self.alone,
            "heads": self.heads,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}

    def _tokens(self, count, name):
        return self.add_weight(
            shape=(count, self.dim),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name=name,
        )

    def _first(self, number, x):
        x = self.projections[number](x)
        token = attention.tile_batch(self.classes[number], x)
        return ops.concatenate([token, x + self.places(x)], axis=1)


def _and(there, count, before=False):
    """Adds so many steps that are always there."""
    always = ops.ones((ops.shape(there)[0], count), "bool")
    both = [always, there] if before else [there, always]
    return ops.concatenate(both, axis=1)
