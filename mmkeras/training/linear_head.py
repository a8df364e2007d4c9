"""A linear head on frozen branches, for few training examples."""

import dataclasses

import keras
import numpy as np

from mmkeras import layers
from mmkeras.tasks import frozen_parts
from mmkeras.tasks import graph
from mmkeras.training import logistic
from mmkeras.training import ridge

NAME = "linear"
VECTORS = ("features", "tabular")  # Inputs that need no network.
_NORM, _LOGITS = "{}_norm", "logits"
_VARIANCE = 1e-10  # Of features that are constant.


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """How a head does on examples that it was not fitted to.

    Attributes:
        decay: The chosen weight decay.
        scaling: `"each feature"` or `"all features"`: what is divided by its
            standard deviation.
        metric: `"accuracy"` or `"mse"`, the mean squared error.
        value: Its value.
        folds: Number of folds.
        examples: Number of examples.
        regression: `"ridge"`, or `"logistic"` where it is more accurate.
    """

    decay: float
    scaling: str
    metric: str
    value: float
    folds: int
    examples: int
    regression: str = "ridge"

    def describe(self):
        """Describes the choice in one line."""
        value = (
            f"accuracy {self.value:.1%}"
            if self.metric == "accuracy"
            else f"mean squared error {self.value:.4g}"
        )
        return (
            f"Linear head: {self.regression} regression with weight decay "
            f"{self.decay:.3g} on features standardised by the deviation of "
            f"{self.scaling}, the best of a grid in {self.folds}-fold "
            f"cross-validation of {self.examples} examples: {value}."
        )


def build(model, dim):
    """Replaces all layers after the branches of a model by a linear head.

    The mean of each branch's steps is standardised, by statistics that `solve`
    computes; a missing modality is a learned vector. One dense layer
    follows.

    Args:
        model: A `keras.Model` of the zoo from a dict of inputs, each with a
            branch; `VECTORS`, or sequences of features, are used as they are.
        dim: int. Number of outputs.

    Returns:
        A model of the same inputs and the same name.
    """
    branches, fields = graph.branches(model), _fields(model)
    inputs = {
        field: graph.input_like(tensor, field)
        for field, tensor in model.input.items()
    }
    features = []
    for field in fields:
        x = inputs[field]
        has_branch = field in branches and field not in VECTORS
        x = branches[field][0](x) if has_branch else _steps(x, field)
        if len(x.shape) == 3:
            x = layers.MaskedPool(name=f"{field}_features")(x)
        features.append(_norm(field)(x))
    if "presence" in inputs:
        features = layers.replace_missing(features, inputs["presence"])
    x = features[0]
    if len(features) > 1:
        x = keras.layers.Concatenate(name="concatenation")(features)
    logits = keras.layers.Dense(dim, dtype="float32", name=_LOGITS)(x)
    kind = layers.MultimodalModel if "presence" in inputs else keras.Model
    return kind(inputs, logits, name=model.name)


def is_linear(model):
    """Whether `build` made a model."""
    norms = {_NORM.format(field) for field in _fields(model)}
    return norms <= {layer.name for layer in model.layers}


def solve(task, examples):
    """Standardises features, and sets the head to a ridge regression.

    Both scales of features, and weight decays, are compared by
    cross-validation; see `ridge.fit`. Outputs for classes are scaled, so that
    probabilities fit; if it is clearly more accurate, a logistic regression
    takes the place of the ridge regression; see `logistic.fit`.

    Args:
        task: A `tasks.Task` whose model `build` made, its branches frozen.
        examples: A `training.examples.Examples`.

    Returns:
        A `CrossValidation`.
    """
    features = _features(task, examples)
    y = examples.targets.take(np.arange(len(examples)))
    y = np.reshape(y, (len(examples), -1))
    is_class = task.target.has_probabilities
    fits = {}
    for scaling in ("each feature", "all features"):
        statistics = [_statistics(x, scaling) for x in features]
        x = _joined(features, statistics)
        fit = ridge.fit(x, y, examples.groups, is_class, examples.weight)
        fits[scaling] = fit, statistics
    scaling = min(fits, key=lambda name: fits[name][0].loss)
    fit, statistics = fits[scaling]
    x, factor, other = _joined(features, statistics), 1.0, None
    if is_class and np.all(examples.weight == 1) and np.all(y.sum(1) == 1):
        other = logistic.fit(x, y, fit.decay, examples.groups)
    if other:
        _assign(task, statistics, other, factor)
        return CrossValidation(
            other.decay,
            scaling,
            "accuracy",
            round(other.accuracy, 6),
            other.folds,
            len(examples),
            "logistic",
        )
    if is_class:
        factor = ridge.scale(fit.predictions, y, examples.weight)
    _assign(task, statistics, fit, factor)
    return CrossValidation(
        fit.decay,
        scaling,
        "accuracy" if is_class else "mse",
        round(_score(fit.predictions, y, is_class), 6),
        fit.folds,
        len(examples),
    )


def _joined(features, statistics):
    parts = [_standardize(x, *s) for x, s in zip(features, statistics)]
    return np.concatenate(parts, axis=1)


def _score(predictions, y, is_class):
    """The accuracy, or the mean squared error."""
    if is_class:
        return float(np.mean(predictions.argmax(-1) == y.argmax(-1)))
    return float(np.mean((predictions - y) ** 2))


def _fields(model):
    return [name for name in model.input if name != "presence"]


def _norm(field):
    """Standardises by fixed statistics."""
    return keras.layers.BatchNormalization(
        center=False,
        scale=False,
        epsilon=_VARIANCE,
        trainable=False,
        dtype="float32",
        name=_NORM.format(field),
    )


def _steps(x, field):
    """Masks the padding of sequences of features."""
    if len(x.shape) != 3:
        return x
    is_step = keras.ops.any(keras.ops.not_equal(x, 0), axis=-1)
    return layers.AttachMask(name=f"{field}_padding")([x, is_step])


def _features(task, examples, batch_size=256):
    """Pooled features of each field, NaN where it is missing."""
    inputs, pairs = frozen_parts.training_inputs(task.model, examples.cached)
    tensors = {
        field: task.model.get_layer(_NORM.format(field)).input
        for field in task.fields
    }
    tensors = graph.replay(task.model, pairs, tensors)
    model, parts = keras.Model(inputs, tensors), []
    for start in range(0, len(examples), batch_size):
        order = np.arange(start, min(start + batch_size, len(examples)))
        x = task.normalize(examples.inputs(order), cached=examples.cached)
        parts.append(model.predict_on_batch(x))
    features = []
    for field in task.fields:
        x = np.concatenate([np.float64(part[field]) for part in parts])
        x[~examples.presence_of(field)] = np.nan
        features.append(x)
    return features


def _statistics(x, scaling):
    """Mean and variance of features, of those examples that have them."""
    if np.isnan(x).all():
        return np.zeros(x.shape[1]), np.ones(x.shape[1])
    mean, variance = np.nanmean(x, 0), np.nanvar(x, 0)
    if scaling == "all features":
        variance = np.full_like(variance, variance.mean())
    return mean, np.where(variance > _VARIANCE, variance, 1)


def _standardize(x, mean, variance):
    return np.nan_to_num((x - mean) / np.sqrt(variance + _VARIANCE))


def _assign(task, statistics, fit, factor):
    for field, (mean, variance) in zip(task.fields, statistics):
        norm = task.model.get_layer(_NORM.format(field))
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(variance)
    for layer in task.model.layers:
        if isinstance(layer, layers.MissingToken):
            layer.token.assign(np.zeros(layer.token.shape))
    logits = task.model.get_layer(_LOGITS)
    logits.kernel.assign(factor * fit.weights)
    logits.bias.assign(factor * fit.bias)
