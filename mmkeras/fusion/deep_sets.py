"""Deep sets: a sum over the inputs that are present."""

import keras

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense


@keras.saving.register_keras_serializable(package="mmkeras")
class DeepSets(keras.layers.Layer):
    """Takes inputs as a set: their order and number do not matter.

        y = rho(sum_i phi(U_i x_i + e_i))

    with phi(h) = relu(P h + p), shared by all, and rho(s) = relu(R s + r).

    Departure from the paper: a projection U_i and a vector e_i for each
    input, since modalities differ in size and kind.

    Args:
        dim: int. Size of the projections and of the fused vector.
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
        [Zaheer et al., 2017](https://arxiv.org/abs/1703.06114)
    """

    def __init__(self, dim=128, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        self.projections = [
            dense(self, shape, self.dim, f"project_{i}")
            for i, shape in enumerate(inputs_shape)
        ]
        self.phi = dense(self, (None, self.dim), self.dim, "phi", "relu")
        self.rho = dense(self, (None, self.dim), self.dim, "rho", "relu")

    def call(self, inputs, presence=None):
        inputs = modalities.mask_absent(inputs, presence)
        members = [
            self.phi(project(x)) for project, x in zip(self.projections, inputs)
        ]
        return self.rho(sum(modalities.mask_absent(members, presence)))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0][0], self.dim

    def get_config(self):
        return {**super().get_config(), "dim": self.dim}
