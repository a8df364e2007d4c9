"""Masks words of a text, to be predicted from the others."""

import keras
import numpy as np
from keras import ops

_MASKED, _RANDOM = 0.8, 0.1  # The rest stays as it is.


@keras.saving.register_keras_serializable(package="mmkeras")
class MaskTokens(keras.layers.Layer):
    """Chooses words of each text to predict, and hides most of them.

    Of n words, `fraction` n are chosen, rounded, at least one and at most
    `count`. In training, 80 % of them are replaced by `mask`, 10 % by a random
    word, and 10 % stay. In inference mode all are replaced by `mask`, and the
    choice is the same at every call.

    Args:
        vocabulary_size: int. Number of token ids.
        mask: int. The id that hides a word.
        special: Ids that are not words, such as padding, start and end. They
            are never chosen, nor put in the place of a word.
        count: int. Maximum number of words to predict per text.
        fraction: float in (0, 1]. Share of the words to predict.
        seed: int. Seed of the choice.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Token ids of shape `(batch, length)`.
        training: bool. Whether to choose at random.

    Returns:
        Tuple of the ids with hidden words, of the same shape; the positions
        of the words to predict, of shape `(batch, count)`; and their ids, of
        the same shape, 0 where a text has fewer.

    Raises:
        ValueError: If `fraction` or `count` is out of range, or all ids are
            special.

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1
    """

    def __init__(
        self,
        vocabulary_size,
        mask,
        special=(0,),
        count=8,
        fraction=0.15,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not 0 < fraction <= 1 or count < 1:
            raise ValueError(
                "`fraction` must be in (0, 1] and `count` at least 1. "
                f"Received: fraction={fraction}, count={count}"
            )
        self.vocabulary_size = vocabulary_size
        self.mask = mask
        self.special = sorted(special)
        self.count = count
        self.fraction = fraction
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        words = np.ones(vocabulary_size, bool)
        words[self.special] = False
        self._words = np.flatnonzero(words).astype("int32")
        if not len(self._words):
            raise ValueError(
                "Expected ids of words besides `special`. Received: "
                f"vocabulary_size={vocabulary_size}, special={self.special}"
            )

    def call(self, inputs, training=None):
        tokens = ops.cast(inputs, "int32")
        positions, is_chosen = self._choose(tokens, training)
        words = ops.take_along_axis(tokens, positions, axis=1)
        words = ops.where(is_chosen, words, 0)
        places = ops.arange(ops.shape(tokens)[1])[None, None]
        hits = ops.logical_and(
            ops.equal(positions[..., None], places), is_chosen[..., None]
        )
        hidden = self._replacements(tokens, training)
        masked = ops.where(ops.any(hits, axis=1), hidden, tokens)
        return masked, positions, words

    def compute_output_spec(self, inputs, training=None):
        shape = (inputs.shape[0], self.count)
        return tuple(
            keras.KerasTensor(s, "int32") for s in (inputs.shape, shape, shape)
        )

    def get_config(self):
        config = {
            "vocabulary_size": self.vocabulary_size,
            "mask": self.mask,
            "special": list(self.special),
            "count": self.count,
            "fraction": self.fraction,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}

    def _choose(self, tokens, training):
        """Positions of words at random, and which of them are to predict."""
        seed = self.generator if training else self.seed
        scores = keras.random.uniform(ops.shape(tokens), seed=seed)
        is_special = ops.any(
            ops.equal(tokens[..., None], np.array(self.special, "int32")),
            axis=-1,
        )
        scores = ops.where(is_special, -1.0, scores)
        # A text may be shorter than `count`.
        scores = ops.pad(scores, [[0, 0], [0, self.count]], constant_values=-1)
        scores, positions = ops.top_k(scores, self.count)
        positions = ops.minimum(positions, ops.shape(tokens)[1] - 1)
        total = ops.sum(1 - ops.cast(is_special, "float32"), axis=1)
        wanted = ops.maximum(ops.round(self.fraction * total), 1)
        order = ops.arange(self.count, dtype="float32")[None]
        is_chosen = ops.logical_and(order < wanted[:, None], scores >= 0)
        return ops.cast(positions, "int32"), is_chosen

    def _replacements(self, tokens, training):
        """What takes the place of each word, if it is chosen."""
        if not training:
            return ops.full_like(tokens, self.mask)
        kind, word = (
            keras.random.uniform(ops.shape(tokens), seed=self.generator)
            for _ in range(2)
        )
        index = ops.cast(word * len(self._words), "int32")
        index = ops.minimum(index, len(self._words) - 1)
        random = ops.take(ops.convert_to_tensor(self._words), index)
        changed = ops.where(kind < _MASKED + _RANDOM, random, tokens)
        return ops.where(kind < _MASKED, self.mask, changed)
