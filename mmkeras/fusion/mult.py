"""The multimodal Transformer: every modality attends to every other."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.fusion import attention
from mmkeras.fusion import inputs as modalities


@keras.saving.register_keras_serializable(package="mmkeras")
class MulT(keras.layers.Layer):
    """Crossmodal attention between all pairs of sequences (MulT).

    The sequences x_i are projected to one size by a convolution over time:

        h_i     = conv_i(x_i) + sine positions
        z_ij^0  = h_i
        z_ij^d  = block_ij^d(z_ij^(d-1), h_j)      d = 1, ..., depth
        s_i     = blocks_i([z_ij for j != i])      concatenated features
        y       = [last step of norm(s_i) for all i]

    A block is attention and a feed-forward layer, each after a layer
    normalisation and with a residual connection.

    Args:
        dim: int. Size of a step for each pair of modalities.
        heads: int. Attention heads; divides `dim`.
        depth: int. Crossmodal blocks of each pair.
        self_depth: int. Blocks of self-attention of each modality.
        width: int, odd. Kernel size of the convolutions.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, length_i,
            dim_i)`; they need no alignment.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and not attended to; its part of the result is zeros.
            `None` if all are present.
        mask: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, n (n - 1) dim)`.

    Raises:
        ValueError: If there is only one input, if one is not a sequence, or if
            `heads` does not divide `dim`.

    Reference:
        [Tsai et al., 2019](https://arxiv.org/abs/1906.00295)
    """

    takes_sequences = True

    def __init__(
        self,
        dim=40,
        heads=4,
        depth=4,
        self_depth=3,
        width=3,
        dropout=0.1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        self.dim = dim
        self.heads = heads
        self.depth = depth
        self.self_depth = self_depth
        self.width = width
        self.dropout = dropout
        self.positions = attention.sine_positions(self)

    def build(self, inputs_shape):
        modalities.check_sequences(self, inputs_shape)
        count = len(inputs_shape)
        self.convolutions, self.cross_blocks = [], {}
        self.own, self.norms = [], []
        for i, shape in enumerate(inputs_shape):
            self.convolutions.append(self._convolution(shape, i))
            for j in range(count):
                if i != j:
                    name = f"cross_{i}_{j}"
                    blocks = attention.blocks(self, self.depth, name)
                    self.cross_blocks[name] = blocks
            size = (count - 1) * self.dim
            name = f"self_{i}"
            blocks = attention.blocks(self, self.self_depth, name, size)
            self.own.append(blocks)
            self.norms.append(attention.norm(self, size, f"norm_{i}"))

    def call(self, inputs, presence=None, mask=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        step_masks = modalities.present_steps(inputs, presence, mask)
        steps = [
            self._first(i, x, step_mask)
            for i, (x, step_mask) in enumerate(zip(inputs, step_masks))
        ]
        ends = []
        for i, own in enumerate(self.own):
            parts = [
                self._attend(i, j, steps, step_masks, training)
                for j in range(len(steps))
                if i != j
            ]
            x = ops.concatenate(parts, axis=-1)
            for block in own:
                x = block(x, step_mask=step_masks[i], training=training)
            ends.append(_last(self.norms[i](x), step_masks[i]))
        return ops.concatenate(ends, axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        count = len(inputs_shape)
        return inputs_shape[0][0], count * (count - 1) * self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "heads": self.heads,
            "depth": self.depth,
            "self_depth": self.self_depth,
            "width": self.width,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}

    def _convolution(self, shape, number):
        convolution = keras.layers.Conv1D(
            self.dim,
            self.width,
            padding="same",
            use_bias=False,
            dtype=self.dtype_policy,
            name=f"convolve_{number}",
        )
        convolution.build(shape)
        return convolution

    def _first(self, number, x, step_mask):
        x = ops.where(step_mask[:, :, None], x, ops.zeros_like(x))
        x = self.convolutions[number](x)
        return x + self.positions(x)

    def _attend(self, i, j, steps, step_masks, training):
        x = steps[i]
        for block in self.cross_blocks[f"cross_{i}_{j}"]:
            x = block(x, steps[j], step_masks[j], training=training)
        return x


def _last(x, step_mask):
    """Returns the last unmasked step of each example; zeros if none is."""
    length = ops.shape(x)[1]
    positions = ops.arange(1, length + 1)[None]
    valid = positions * ops.cast(step_mask, "int32")
    last = ops.max(valid, axis=1, keepdims=True)  # 0 if all are masked.
    is_last = ops.equal(positions, last)
    return ops.sum(x * ops.cast(is_last, x.dtype)[:, :, None], axis=1)
