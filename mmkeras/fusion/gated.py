"""Gated multimodal units."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class Gated(keras.layers.Layer):
    """Weights each input by a gate over all inputs.

    Each input `x_i` is projected to size `dim` and scaled by a gate that
    depends on all n inputs:

        h_i = tanh(W_i x_i)
        z_i = sigmoid(V_i [x_1; ...; x_n])
        y   = z_1 h_1 + ... + z_n h_n

    Args:
        dim: int. Size of the fused vector.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of n >= 2 tensors, the i-th of shape `(batch, dim_i)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent and adds nothing; `None` if all are present.

    Returns:
        Tensor of shape `(batch, dim)`.

    Raises:
        ValueError: If there is only one input, or one is not a vector.

    Reference:
        [Arevalo et al., 2017](https://arxiv.org/abs/1702.01992)
    """

    def __init__(self, dim=128, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        total = sum(shape[-1] for shape in inputs_shape)
        self.values, self.gates = [], []
        for i, shape in enumerate(inputs_shape):
            value = dense(self, shape, self.dim, f"value_{i}", "tanh", False)
            gate = (None, total), self.dim, f"gate_{i}", "sigmoid", False
            self.values.append(value)
            self.gates.append(dense(self, *gate))

    def call(self, inputs, presence=None):
        inputs = modalities.mask_absent(inputs, presence)
        joined = ops.concatenate(inputs, axis=-1)  # (batch, sum of dim_i)
        return sum(
            gate(joined) * value(x)
            for gate, value, x in zip(self.gates, self.values, inputs)
        )

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        return {**super().get_config(), "dim": self.dim}
