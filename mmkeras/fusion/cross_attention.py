"""Cross-attention: one modality attends to the others."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras.fusion import attention
from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class CrossAttention(keras.layers.Layer):
    """Lets each step of the first input attend to all steps of the others.

        h_i = W_i x_i + e_i                          i = 1, ..., n
        m   = [h_2; ...; h_n], one after the other in time
        a   = h_1 + attention(norm(h_1), norm(m), norm(m))
        y   = norm''(a + feed(norm'(a)))

    where e_i distinguishes the modalities and feed is a hidden layer of 4 `dim`
    with GELU.

    Args:
        dim: int. Size of a step.
        heads: int. Attention heads; divides `dim`.
        dropout: float in [0, 1).
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, length_i,
            dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and not attended to; an absent first input is zeros.
            `None` if all are present.
        mask: List of n boolean tensors of shape `(batch, length_i)`, each or
            all of them `None`; `True` keeps a step.

    Returns:
        Tensor of shape `(batch, length_1, dim)`, with the first one's mask.

    Raises:
        ValueError: If there is only one input, if one is not a sequence, or if
            `heads` does not divide `dim`.

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """

    takes_sequences = True

    def __init__(self, dim=128, heads=4, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        arguments.check_heads(dim, heads)
        self.supports_masking = True
        self.dim = dim
        self.heads = heads
        self.dropout = dropout

    def build(self, inputs_shape):
        modalities.check_sequences(self, inputs_shape)
        self.projections = [
            dense(self, shape, self.dim, f"project_{i}")
            for i, shape in enumerate(inputs_shape)
        ]
        [self.block] = attention.blocks(self, 1, "cross")
        self.norm = attention.norm(self, self.dim, "norm")

    def call(self, inputs, presence=None, mask=None, training=None):
        inputs = modalities.mask_absent(inputs, presence)
        _, *step_masks = modalities.present_steps(inputs, presence, mask)
        first, *others = (
            project(x) for project, x in zip(self.projections, inputs)
        )
        y = self.block(
            first,
            ops.concatenate(others, axis=1),
            ops.concatenate(step_masks, axis=1),
            training=training,
        )
        return self.norm(y)

    def compute_mask(self, inputs, mask=None):
        return mask[0] if mask else None

    def compute_output_shape(self, inputs_shape):
        return *inputs_shape[0][:2], self.dim

    def get_config(self):
        config = {
            "dim": self.dim,
            "heads": self.heads,
            "dropout": self.dropout,
        }
        return {**super().get_config(), **config}
