"""Turns the logits of CTC into texts."""

import keras
from keras import ops

from mmkeras import arguments
from mmkeras import losses


@keras.saving.register_keras_serializable(package="mmkeras")
class CTCDecoder(keras.layers.Layer):
    """Searches for the most likely text of each example's logits.

    With a beam of 1, the most likely id of each step, without repeats and
    blanks; else a prefix beam search, which adds up the probabilities of all
    paths to a text. In an export from TensorFlow these are operations of
    TensorFlow, `CTCGreedyDecoder` and `CTCBeamSearchDecoder`.

    Args:
        length: int. Maximum number of ids of a text; longer ones are cut.
        beam: int. Number of texts that the search continues.
        **kwargs: Passed to `keras.layers.Layer`. Computed in float32.

    Call arguments:
        inputs: Logits of shape `(batch, steps, vocabulary_size)` with blank
            as id 0; padded steps are blank, see `layers.BlankPadding`.

    Returns:
        Dict of `"tokens"`, int32 of shape `(batch, length)`, 0 after the last
        id, and `"score"`, float32 of shape `(batch,)`: the log-probability of
        the text, summed over its paths, per id, the end included.

    Raises:
        ValueError: If an argument is below 1.

    Reference:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """

    def __init__(self, length=300, beam=1, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        arguments.check_minimum("length", length, 1)
        arguments.check_minimum("beam", beam, 1)
        self.length = length
        self.beam = beam

    def call(self, inputs):
        batch, steps, _ = ops.shape(inputs)
        logp = ops.log_softmax(ops.cast(inputs, "float32"), axis=-1)
        decoded, _ = ops.ctc_decode(
            logp,
            ops.zeros((batch,), "int32") + steps,
            "greedy" if self.beam == 1 else "beam_search",
            beam_width=self.beam,
            mask_index=0,
        )
        tokens = ops.maximum(ops.cast(decoded[0], "int32"), 0)
        tokens = ops.pad(tokens, [(0, 0), (0, self.length)])[:, : self.length]
        count = ops.sum(ops.cast(tokens != 0, "float32"), axis=1) + 1
        score = -losses.ctc_loss(tokens, logp) / count
        return {"tokens": tokens, "score": score}

    def compute_output_shape(self, input_shape):
        return {
            "tokens": (input_shape[0], self.length),
            "score": (input_shape[0],),
        }

    def compute_output_spec(self, inputs):
        tokens, score = self.compute_output_shape(inputs.shape).values()
        return {
            "tokens": keras.KerasTensor(tokens, "int32"),
            "score": keras.KerasTensor(score, "float32"),
        }

    def get_config(self):
        config = {"length": self.length, "beam": self.beam}
        return {**super().get_config(), **config}
