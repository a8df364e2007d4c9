"""A judge taught with every subset of its modalities at once."""

import itertools

import keras
from keras import ops

from mmkeras import layers
from mmkeras.tasks import graph
from mmkeras.training.training_model import TrainingModel


def all_subsets(model):
    """Shows each example with every subset of its modalities.

    To hide modalities now and then leaves less for each subset to learn from;
    here every example teaches all `2 ** M - 1` of them. Branches see it once,
    only what follows the learned tokens runs once for each subset.

    Args:
        model: A `TrainingModel` from M modalities and `"presence"`, whose
            branches end in `mmkeras.layers.replace_missing`.

    Returns:
        A model of the same inputs and weights, to logits of shape `(batch *
        subsets, classes)`, all of an example side by side. An example that
        has nothing of a subset is shown as it is.

    Raises:
        ValueError: If the model judges sequences of examples, or has no
            learned tokens.
    """
    tokens = [x for x in model.layers if isinstance(x, layers.MissingToken)]
    if len(model.output_shape) != 2 or not tokens:
        raise ValueError(
            f"{model.name} cannot be trained on every subset of its "
            "modalities: this requires learned tokens for missing modalities, "
            "and one prediction per example. Use `modality_dropout` instead."
        )
    features = [graph.call_of(model, token)[0][0] for token in tokens]
    _, [presence] = graph.call_of(model, model.get_layer("presence_mask"))
    subsets = Subsets(len(features), name="subsets")
    given = [(presence, subsets(presence))]
    given += [(x, Spread(subsets.count)(x)) for x in features]
    logits = graph.replay(model, given, model.output)
    return TrainingModel(
        model.input, logits, model.target, model.label_smoothing
    )


def count_of(modalities):
    """How many subsets there are of so many, but the empty one."""
    return 2**modalities - 1


def of(fields):
    """Lists every subset but the empty one, all of them together last."""
    chosen = list(itertools.product((False, True), repeat=len(fields)))[1:]
    return [tuple(itertools.compress(fields, one)) for one in chosen]


class Subsets(keras.layers.Layer):
    """Lists what is there in each subset of the modalities.

    Args:
        modalities: int.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        there: Boolean tensor of shape `(batch, modalities)`.

    Returns:
        Boolean tensor of shape `(batch * count, modalities)`, with `count`
        all subsets but the empty one; nothing is there that was not.
    """

    def __init__(self, modalities, **kwargs):
        super().__init__(**kwargs)
        self.modalities = modalities
        self.count = count_of(modalities)

    def call(self, there):
        numbers = range(self.modalities)
        every = [[n in one for n in numbers] for one in of(numbers)]
        there = there[:, None]
        left = ops.logical_and(there, every)
        some = ops.any(left, axis=-1, keepdims=True)
        left = ops.where(some, left, there)
        return ops.reshape(left, (-1, self.modalities))

    def compute_output_spec(self, there):
        return keras.KerasTensor((None, self.modalities), "bool")


class Spread(keras.layers.Layer):
    """Repeats each example `count` times, side by side, with its mask.

    Args:
        count: int.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor, batch first.

    Returns:
        Tensor with `count` times as many examples.
    """

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.supports_masking = True

    def call(self, inputs):
        return ops.repeat(inputs, self.count, axis=0)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else ops.repeat(mask, self.count, axis=0)

    def compute_output_spec(self, inputs):
        shape = (None, *inputs.shape[1:])
        return keras.KerasTensor(shape, self.compute_dtype)
