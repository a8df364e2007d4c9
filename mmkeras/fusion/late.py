"""Late fusion: combines the logits of each modality."""

import keras
from keras import ops

from mmkeras.fusion import inputs as modalities
from mmkeras.fusion.dense import dense

KINDS = ("mean", "weighted", "learned")


@keras.saving.register_keras_serializable(package="mmkeras")
class Late(keras.layers.Layer):
    """Fuses the logits that each modality predicts by itself.

    With p_i = 1 where input i is present, by `kind`:

        mean:      y = sum_i p_i x_i / sum_i p_i
        weighted:  y = sum_i p_i e^(w_i) x_i / sum_i p_i e^(w_i)
        learned:   y = W [p_1 x_1; ...; p_n x_n; p_1; ...; p_n] + b

    Args:
        kind: `"mean"`, `"weighted"` (one learned weight each) or `"learned"`.
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: List of n >= 2 tensors of shape `(batch, num_classes)`.
        presence: Boolean tensor of shape `(batch, n)`, `False` where an input
            is absent; `None` if all are present.

    Returns:
        Tensor of shape `(batch, num_classes)`; zeros, or the learned
        bias, if no input is present.

    Raises:
        ValueError: If the kind is unknown, there is only one input, or the
            shapes differ.

    Reference:
        [Snoek et al., 2005](https://doi.org/10.1145/1101149.1101236)
    """

    takes_logits = True

    def __init__(self, kind="mean", **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if kind not in KINDS:
            raise ValueError(
                f"`kind` must be one of {', '.join(KINDS)}. Received: "
                f"kind={kind!r}"
            )
        self.kind = kind

    def build(self, inputs_shape):
        modalities.check_vectors(self, inputs_shape)
        modalities.check_alike(self, inputs_shape)
        count, classes = len(inputs_shape), inputs_shape[0][-1]
        if self.kind == "weighted":
            self.weight = self.add_weight(
                shape=(count,), initializer="zeros", name="weight"
            )
        if self.kind == "learned":
            size = count * (classes + 1)
            self.combine = dense(self, (None, size), classes, "combine")

    def call(self, inputs, presence=None):
        x = ops.stack(modalities.mask_absent(inputs, presence), axis=1)
        present = ops.ones_like(x[:, :, 0])
        if presence is not None:
            present = ops.cast(presence, x.dtype)  # (batch, n)
        if self.kind == "learned":
            size = x.shape[1] * x.shape[2]
            flat = ops.reshape(x, (-1, size))
            return self.combine(ops.concatenate([flat, present], axis=-1))
        if self.kind == "weighted":
            present = present * ops.exp(self.weight - ops.max(self.weight))
        total = ops.sum(present, axis=1, keepdims=True)
        share = present / ops.maximum(total, 1e-9)
        return ops.sum(x * share[:, :, None], axis=1)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape[0]

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}
