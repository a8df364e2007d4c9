"""Batch normalisation: its moving statistics, and whether they fit."""

import contextlib
import warnings

import keras
import numpy as np
from keras import ops

# Steps after which moving averages of momentum 0.99 hold less than 1 % of their
# initial values.
SETTLED = 500
_GAP = 0.1  # Of accuracy.


def layers(model):
    """Lists the batch normalisation layers whose statistics training moves.

    Args:
        model: A `keras.Model`.

    Returns:
        List of layers, those that are frozen left out.
    """
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, keras.layers.BatchNormalization)
        and layer.trainable
    ]


class Statistics:
    """The statistics of a model's batch normalisation in some batches.

    Moving averages of momentum 0.99 hold little but their initial values
    during the first hundred steps.

    Args:
        model: A `keras.Model`.
        batches: A `tf.data.Dataset` of training batches: inputs, targets and,
            if there are any, weights.
        batch_size: int.
        steps: int. Batches per epoch; no more are taken.

    Attributes:
        variables: The moving means and variances that training changes.

    Reference:
        [Izmailov et al., 2018](https://arxiv.org/abs/1803.05407), section 3.2
    """

    def __init__(self, model, batches, batch_size, steps):
        self.model = model
        self.layers = layers(model)
        self.variables = [
            variable
            for layer in self.layers
            for variable in (layer.moving_mean, layer.moving_variance)
        ]
        self._batches = batches
        self._steps = min(steps, max(16, 256 // batch_size))
        self._few = min(steps, max(4, 256 // batch_size))
        self._in_training = TrainingMode(model)

    def reestimate(self):
        """Sets moving statistics to their means over the first batches.

        The batches are the first of the training: 16 or more, with at least
        256 examples, or those of an epoch. The present weights are used;
        nothing else changes.
        """
        if not self.layers:
            return
        found = []
        with self._momentum_zero():
            for x, *_ in self._batches.take(self._steps).as_numpy_iterator():
                self._in_training.predict_on_batch(x)
                found.append([ops.convert_to_numpy(v) for v in self.variables])
        for variable, *values in zip(self.variables, *found):
            variable.assign(np.mean(values, axis=0))

    def check(self, target):
        """Warns if the model is much less accurate than it was in training.

        The same training examples, 256 or more, are given to the model in
        training mode, where batch normalisation takes the statistics of the
        batch, and in inference mode, where it takes the moving ones. Dropout
        lowers only the first, so that only a lower accuracy in inference mode
        is a fault, if it is more than two standard errors lower.

        Args:
            target: A `tasks.targets.Target`. Neither numbers are checked nor
                models without batch normalisation, which can only be more
                accurate in inference mode.
        """
        if not target.has_accuracy or not self.layers:
            return
        moving = [ops.convert_to_numpy(v) for v in self.variables]
        training, inference = [], []
        batches = self._batches.take(self._few).as_numpy_iterator()
        for x, *targets in batches:
            logits = self.model.predict_on_batch(x)
            inference.append(correct(target, logits, *targets))
            with self._momentum_zero():
                logits = self._in_training.predict_on_batch(x)
            training.append(correct(target, logits, *targets))
            for variable, value in zip(self.variables, moving):
                variable.assign(value)
        training, inference = map(np.concatenate, (training, inference))
        change = training.astype(float) - inference
        error = change.std() / np.sqrt(len(change))
        training, inference = training.mean(), inference.mean()
        if training - inference > max(_GAP, 2 * error):
            warnings.warn(
                "On the same training examples the accuracy is "
                f"{training:.0%} in training mode but {inference:.0%} in "
                "inference mode, which is the mode of the final model. Batch "
                "normalization depends on the other examples of a batch, or "
                "its moving statistics do not fit the weights. Train for more "
                "steps or with a larger train.batch_size.",
                stacklevel=2,
            )

    @contextlib.contextmanager
    def _momentum_zero(self):
        """Lets moving statistics be those of the last batch.

        Restores momenta and the states of random generators.
        """
        momenta = [layer.momentum for layer in self.layers]
        states = [(v, ops.convert_to_numpy(v)) for v in _states(self.model)]
        for layer in self.layers:
            layer.momentum = 0.0
        try:
            yield
        finally:
            for layer, momentum in zip(self.layers, momenta):
                layer.momentum = momentum
            for variable, value in states:
                variable.assign(value)


class TrainingMode(keras.Model):
    """A model in training mode, whatever the mode it is called in."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def call(self, inputs):
        return self.model(inputs, training=True)


def _states(model):
    """The states of random generators."""
    others = {id(weight) for weight in model.weights}
    others |= {id(v) for metric in model.metrics for v in metric.variables}
    return [v for v in model.variables if id(v) not in others]


def correct(target, logits, y, weight=None):
    """Says which targets are met, without those of no weight.

    Args:
        target: A `tasks.targets.Target`.
        logits: Array of a model's outputs.
        y: Array, as of `Target.correct`.
        weight: Array of weights, or `None`.

    Returns:
        Booleans `(n,)`.
    """
    right, known = target.correct(y, logits)
    if weight is not None:
        missing = known.ndim - weight.ndim
        known &= weight.reshape(weight.shape + (1,) * missing) > 0
    return right[known]
