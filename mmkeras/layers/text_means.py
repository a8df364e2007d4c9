"""The mean of the words of each text of a sequence."""

import keras
from keras import ops

from mmkeras.layers.pool import MaskedPool

_PARTS = 4  # In which texts of similar length are encoded together.


@keras.saving.register_keras_serializable(package="mmkeras")
class TextMeans(keras.layers.Layer):
    """Encodes each text of a sequence as the mean of its words' features.

    Except on JAX, where shapes are fixed, only texts with words are encoded:
    in four parts of texts of similar length, each to the end of its longest.

    Args:
        encoder: Model from token ids of shape `(n, length)` to features of
            shape `(n, length, dim)`, with a mask.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        tokens: Token ids of shape `(batch, texts, length)`; id 0 is padding,
            at the end of texts.

    Returns:
        Tensor of shape `(batch, texts, dim)`, zeros for texts without words.
    """

    def __init__(self, encoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.pool = MaskedPool(dtype=self.dtype_policy)
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build(self, input_shape):
        self.built = True  # The encoder is, and the mean has no weights.

    def call(self, tokens, training=None):
        words = ops.reshape(tokens, (-1, tokens.shape[-1]))
        if keras.backend.backend() == "jax":
            means = self._means(words, training)
        else:
            means = self._means_of_texts(words, training)
        texts, dim = tokens.shape[1], self.encoder.output_shape[-1]
        return ops.reshape(means, (-1, texts, dim))

    def compute_output_shape(self, input_shape):
        return *input_shape[:2], self.encoder.output_shape[-1]

    def get_config(self):
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {**super().get_config(), "encoder": encoder}

    @classmethod
    def from_config(cls, config):
        encoder = keras.saving.deserialize_keras_object(config["encoder"])
        return cls(**{**config, "encoder": encoder})

    def _means(self, words, training):
        return self.pool(self.encoder(words, training=training))

    def _means_of_texts(self, words, training):
        """Encodes the texts that have words, at least one, by length."""
        count = ops.shape(words)[0]
        lengths = ops.sum(ops.cast(words != 0, "int32"), axis=1)
        order = ops.argsort(lengths)
        empty = ops.sum(ops.cast(lengths == 0, "int32"))
        empty = ops.minimum(empty, count - 1)
        size = (count - empty + _PARTS - 1) // _PARTS
        means = []
        for i in range(_PARTS):
            # Beyond the last text, the last one is repeated.
            places = empty + i * size + ops.arange(size)
            rows = ops.take(order, ops.minimum(places, count - 1))
            longest = ops.maximum(ops.take(lengths, rows[-1]), 1)
            part = ops.take(words, rows, axis=0)[:, :longest]
            means.append(self._means(part, training))
        means = ops.concatenate(means)
        places = ops.maximum(ops.argsort(order) - empty, 0)
        means = ops.take(means, places, axis=0)
        return ops.where(lengths[:, None] > 0, means, ops.zeros_like(means))
