"""Bottleneck tokens: modalities interact through a few shared steps."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.fusion import attention
from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class Bottleneck(keras.layers.Layer):
    """Transformers of each modality that share bottleneck tokens (MBT).

    Each modality i has its own blocks: first unimodal ones, then ones that
    also attend to a few tokens b, its only access to the other modalities:

        h_i          = [class_i; W_i x_i + sine positions]
        [h_i; b_i]   = block_i([h_i; b])          every layer
        b            = mean of the b_i of present inputs
        y            = mean over i of norm(class_i)

    Departure from the paper: the class tokens are averaged, not their logits,
    so that any head can follow.

    Args:
        dim: int. Size of a step and of the result.
        tokens: int. Number of bottleneck tokens.
        depth: int. Number of blocks with the bottleneck.
        unimodal_depth: int. Number of blocks of each modality before them.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, length_i,
            dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and excluded from both means; `None` if all are present.
        mask: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, if one is not a sequence, or if
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
        unimodal_depth=1,
        heads=4,
        dropout=0.1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        self.dim = dim
        self.tokens = tokens
        self.depth = depth
        self.unimodal_depth = unimodal_depth
        self.heads = heads
        self.dropout = dropout
        self.positions = attention.sine_positions(self)

    def build(self, inputs_shape):
        modalities.check_sequences(self, inputs_shape)
        self.projections, self.classes = [], []
        self.unimodal_blocks, self.shared = [], []
        for i, shape in enumerate(inputs_shape):
            self.projections.append(
                dense(self, shape, self.dim, f"project_{i}")
            )
            self.unimodal_blocks.append(
                attention.blocks(self, self.unimodal_depth, f"unimodal_{i}")
            )
            self.shared.append(attention.blocks(self, self.depth, f"share_{i}"))
            self.classes.append(self._tokens(1, f"class_{i}"))
        self.bottleneck = self._tokens(self.tokens, "bottleneck")
        self.norm = attention.norm(self, self.dim, "norm")

    def call(self, inputs, presence=None, mask=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        step_masks = modalities.present_steps(inputs, presence, mask)
        steps = [self._first(i, x) for i, x in enumerate(inputs)]
        step_masks = [_extend(mask, 1, first=True) for mask in step_masks]
        for i, own in enumerate(self.unimodal_blocks):
            for block in own:
                steps[i] = block(
                    steps[i], step_mask=step_masks[i], training=training
                )
        tokens = attention.tile_batch(self.bottleneck, steps[0])
        step_masks = [_extend(mask, self.tokens) for mask in step_masks]
        for layer in zip(*self.shared):
            outputs = []
            for i, block in enumerate(layer):
                x = ops.concatenate([steps[i], tokens], axis=1)
                x = block(x, step_mask=step_masks[i], training=training)
                steps[i] = x[:, : -self.tokens]
                outputs.append(x[:, -self.tokens :])
            tokens = modalities.mean(outputs, presence)
        return modalities.mean([self.norm(x[:, 0]) for x in steps], presence)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "tokens": self.tokens,
            "depth": self.depth,
            "unimodal_depth": self.unimodal_depth,
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
        return ops.concatenate([token, x + self.positions(x)], axis=1)


def _extend(mask, count, first=False):
    """Adds `count` unmasked steps, at the end or first."""
    ones = ops.ones((ops.shape(mask)[0], count), "bool")
    masks = [ones, mask] if first else [mask, ones]
    return ops.concatenate(masks, axis=1)
