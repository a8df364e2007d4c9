"""Late interaction: every word is compared with the closest region."""

import keras
from keras import ops

from mmkeras.layers.embedding_pairs import add_log_scale
from mmkeras.layers.embedding_pairs import initial_scale

_SCALES = {  # By loss.
    "contrastive": 1 / 0.07,
    "triplet": 1.0,
    "semi-hard": 1.0,
}


@keras.saving.register_keras_serializable(package="mmkeras")
class LateInteraction(keras.layers.Layer):
    """Joins the steps of two modalities, whose late interaction is a logit.

        logit(u, v) = 1 / W sum_w max_r s u_r / |u_r| . v_w / |v_w|

    over R regions r and W words w that are not padding. The scale s, the
    inverse of a temperature, is learned, as its logarithm, and at most 100,
    unless the loss compares cosines.

    Departure from ColBERT: the mean over the words instead of the sum, as in
    FILIP, so that the length of a text does not matter.

    Args:
        loss: The loss of the pairs: `"contrastive"` (InfoNCE); or `"triplet"`
            and `"semi-hard"`, of mean cosines.
        scale: float in (0, 100]. Initial scale; by default 1 / 0.07, or 1,
            which is not learned, for triplets.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: List of two tensors of steps: regions, of shape `(batch,
            regions, dim)`, whose number is constant, and words, `(batch,
            words, dim)`, zeros where there is padding.

    Returns:
        float32 tensor of shape `(batch, regions + words, dim)`: regions of
        length s, and words of length 1 or 0; see `losses.late_interaction`.

    Raises:
        ValueError: If the loss is unknown, the scale is out of its range, or
            the inputs are not steps.

    References:
        [Khattab and Zaharia, 2020](https://arxiv.org/abs/2004.12832); of
        regions and words: [Lee et al., 2018](https://arxiv.org/abs/1803.08024)
        and [Yao et al., 2021](https://arxiv.org/abs/2111.07783)
    """

    def __init__(self, loss="contrastive", scale=None, **kwargs):
        super().__init__(**kwargs)
        self.loss = loss
        self.scale = initial_scale(loss, scale, _SCALES)
        self.learns_scale = loss == "contrastive"
        self.regions = None

    def build(self, input_shape):
        ranks = [len(shape) for shape in input_shape]
        if ranks != [3, 3] or input_shape[0][1] is None:
            raise ValueError(
                "`LateInteraction` takes a constant number of regions, and "
                f"words. Received: shapes {input_shape}"
            )
        self.regions = input_shape[0][1]
        self._log_scale = add_log_scale(self)

    def call(self, inputs):
        regions, words = (
            ops.normalize(ops.cast(x, "float32"), axis=-1) for x in inputs
        )
        return ops.concatenate([regions * self.current_scale, words], axis=1)

    @property
    def current_scale(self):
        """Scalar tensor: the scale as learned so far."""
        return ops.exp(self._log_scale)

    def cosine(self, pairs):
        """Computes the late interaction of each example, unscaled.

        Args:
            pairs: What the layer returned.

        Returns:
            Tensor of shape `(batch,)`, in [-1, 1]; 0 without words.
        """
        pairs = ops.normalize(pairs, axis=-1)
        words = pairs[:, None, self.regions :]
        return self.compare(pairs[:, : self.regions], words)[:, 0]

    def compare(self, regions, words):
        """Computes the late interaction of regions and several texts.

        Args:
            regions: Floats of shape `(batch, regions, dim)`.
            words: Floats of shape `(batch, texts, words, dim)`.

        Returns:
            Tensor of shape `(batch, texts)`.
        """
        products = ops.einsum("nrd,ncwd->ncwr", regions, words)
        closest = ops.max(products, axis=-1)
        count = ops.sum(ops.cast(ops.any(words != 0, -1), "float32"), -1)
        return ops.sum(closest, axis=-1) / ops.maximum(count, 1.0)

    def compute_output_shape(self, input_shape):
        (batch, regions, dim), (_, words, _) = input_shape
        return batch, None if words is None else regions + words, dim

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "loss": self.loss,
            "scale": self.scale,
        }
