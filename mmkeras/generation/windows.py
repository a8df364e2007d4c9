"""Generates for each window of a long input, one after the other."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mmkeras")
class GenerateWindows(keras.layers.Layer):
    """Applies a model that generates to each window of an input.

    One window at a time is in memory. Windows of zeros alone have no tokens,
    and cost nothing.

    Args:
        model: A model from a dict of `field`, shape `(1, samples)`, to a dict
            of `"tokens"`, shape `(1, length)`, and `"score"`, shape `(1,)`.
        field: Name of its input.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, windows, samples)`.

    Returns:
        Dict of `"tokens"`, integers of shape `(batch, windows * length)`,
        those of all windows in order, each padded with zeros; `"score"`,
        float32 of shape `(batch,)`, the mean over the windows with tokens; and
        `"scores"`, of shape `(batch, windows)`, 0 for windows without tokens.
    """

    def __init__(self, model, field, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.model = model
        self.field = field
        self.length = model.output["tokens"].shape[-1]
        self.built = True

    def call(self, inputs):
        size, count, samples = ops.shape(inputs)
        windows = ops.reshape(inputs, (-1, samples))

        def unfinished(index, tokens, scores):
            return index < size * count

        def advance(index, tokens, scores):
            window = ops.slice(windows, [index, 0], [1, samples])
            outputs = ops.cond(
                ops.any(window != 0),
                lambda: self._generate(window),
                lambda: (
                    ops.zeros((1, self.length), "int32"),
                    ops.zeros((1,), "float32"),
                ),
            )
            tokens = ops.slice_update(tokens, [index, 0], outputs[0])
            scores = ops.slice_update(scores, [index], outputs[1])
            return index + 1, tokens, scores

        first = (
            ops.convert_to_tensor(0, "int32"),
            ops.zeros((size * count, self.length), "int32"),
            ops.zeros((size * count,), "float32"),
        )
        _, tokens, scores = ops.while_loop(unfinished, advance, first)
        tokens = ops.reshape(tokens, (size, count * self.length))
        scores = ops.reshape(scores, (size, count))
        used = ops.sum(ops.cast(scores != 0, "float32"), axis=1)
        score = ops.sum(scores, axis=1) / ops.maximum(used, 1.0)
        return {"tokens": tokens, "score": score, "scores": scores}

    def compute_output_spec(self, inputs):
        size, count, _ = inputs.shape
        length = None if count is None else count * self.length
        return {
            "tokens": keras.KerasTensor((size, length), "int32"),
            "score": keras.KerasTensor((size,), "float32"),
            "scores": keras.KerasTensor((size, count), "float32"),
        }

    def get_config(self):
        model = keras.saving.serialize_keras_object(self.model)
        return {**super().get_config(), "model": model, "field": self.field}

    @classmethod
    def from_config(cls, config):
        model = keras.saving.deserialize_keras_object(config.pop("model"))
        return cls(model, **config)

    def _generate(self, window):
        outputs = self.model({self.field: window})
        tokens = ops.cast(outputs["tokens"], "int32")
        return tokens, ops.cast(outputs["score"], "float32")
