"""Trains a classifier on every subset of its modalities at once."""

import itertools

import keras
from keras import ops

from mmkeras import layers
from mmkeras.tasks import graph
from mmkeras.training.training_model import TrainingModel


def all_subsets(model):
    """Makes a model of every subset of each example's modalities.

    With modality dropout, each subset is trained on few examples; here every
    example trains all `2 ** M - 1` subsets. Branches run once per example;
    only the layers after the learned tokens run once per subset.

    Args:
        model: A `TrainingModel` from M modalities and `"presence"`, whose
            branches end in `mmkeras.layers.replace_missing`.

    Returns:
        A model of the same inputs and weights, to logits of shape `(batch *
        subsets, classes)`, those of an example adjacent. An example without
        any modality of a subset is used with all of its modalities.

    Raises:
        ValueError: If the model classifies sequences of examples, or has no
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
    given += [(x, RepeatForSubsets(subsets.count)(x)) for x in features]
    logits = graph.replay(model, given, model.output)
    return TrainingModel(
        model.input, logits, model.target, model.label_smoothing
    )


def count_of(modalities):
    """Number of non-empty subsets."""
    return 2**modalities - 1


def of(fields):
    """Lists every non-empty subset; the full set is last."""
    masks = list(itertools.product((False, True), repeat=len(fields)))[1:]
    return [tuple(itertools.compress(fields, mask)) for mask in masks]


class Subsets(keras.layers.Layer):
    """Computes the presence mask of each subset of the modalities.

    Args:
        modalities: int.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        presence: Boolean tensor of shape `(batch, modalities)`.

    Returns:
        Boolean tensor of shape `(batch * count, modalities)`, with `count`
        the number of non-empty subsets; absent modalities stay absent.
    """

    def __init__(self, modalities, **kwargs):
        super().__init__(**kwargs)
        self.modalities = modalities
        self.count = count_of(modalities)

    def call(self, presence):
        numbers = range(self.modalities)
        masks = [[n in one for n in numbers] for one in of(numbers)]
        presence = presence[:, None]
        combined = ops.logical_and(presence, masks)
        is_any = ops.any(combined, axis=-1, keepdims=True)
        combined = ops.where(is_any, combined, presence)
        return ops.reshape(combined, (-1, self.modalities))

    def compute_output_spec(self, presence):
        return keras.KerasTensor((None, self.modalities), "bool")


class RepeatForSubsets(keras.layers.Layer):
    """Repeats each example `count` times, adjacent, with its mask.

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
