"""Makes padded steps of logits blank, for CTC."""

import keras
from keras import ops

BLANK = 0  # Id of the blank, which is that of padding elsewhere.


@keras.saving.register_keras_serializable(package="mmkeras")
class BlankPadding(keras.layers.Layer):
    """Makes logits of padded steps those of a certain blank.

        logits_t = [0, -1e9, -1e9, ...]  where step t is padding

    The CTC loss of an example, its most likely path and a prefix beam search
    then do not depend on padding at the end, and need no lengths.

    Args:
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: Logits of shape `(batch, steps, vocabulary_size)`.
        mask: Booleans of shape `(batch, steps)`, `False` for padding.

    Returns:
        float32 tensor of the same shape.
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs, mask=None):
        if mask is None:
            return inputs
        ids = ops.arange(ops.shape(inputs)[-1])
        blank = ops.where(ids == BLANK, 0.0, -1e9)
        return ops.where(mask[..., None], inputs, blank)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return input_shape
