"""Moving statistics of batch normalization."""

import contextlib
import warnings

import keras
import numpy as np
from keras import ops

# Steps after which moving averages of momentum 0.99 hold less than a millionth
# of their initial values. Variances begin at 1; true ones can be below 0.001.
SETTLED = 1500
_GAP = 0.1  # Of accuracy.


def layers(model):
    """Lists the batch normalization layers whose statistics are updated.

    Args:
        model: A `keras.Model`.

    Returns:
        List of layers without frozen ones.
    """
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, keras.layers.BatchNormalization)
        and layer.trainable
    ]


class Statistics:
    """Estimates the statistics of batch normalization over some batches.

    During the first steps, moving averages of momentum 0.99 still hold a part
    of their initial values.

    Args:
        model: A `keras.Model`.
        batches: A `tf.data.Dataset` of training batches: inputs, targets and,
            if there are any, weights.
        batch_size: int.
        steps: int. Batches per epoch; the maximum number used.

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
        self._check_steps = min(steps, max(4, 256 // batch_size))
        self._in_training = TrainingMode(model)

    def reestimate(self):
        """Sets moving statistics to their means over the first batches.

        These are the first training batches: at least 16, with at least 256
        examples, or those of an epoch. The current weights are used; nothing
        else changes.
        """
        if not self.layers:
            return
        values_by_batch = []
        with self._momentum_zero():
            for x, *_ in self._batches.take(self._steps).as_numpy_iterator():
                self._in_training.predict_on_batch(x)
                values_by_batch.append(
                    [ops.convert_to_numpy(v) for v in self.variables]
                )
        for variable, *values in zip(self.variables, *values_by_batch):
            variable.assign(np.mean(values, axis=0))

    def check(self, target):
        """Warns if the model is less accurate in inference than in training.

        The same training examples, at least 256, are given to the model in
        training mode, where batch normalization uses the statistics of the
        batch, and in inference mode, where it uses the moving ones. Dropout
        lowers only the accuracy in training mode. A lower accuracy in
        inference mode is therefore a fault, if the difference is more than
        two standard errors.

        Args:
            target: A `tasks.targets.Target`. Numbers are not checked, nor are
                models without batch normalization, which can only be more
                accurate in inference mode.
        """
        if not target.has_accuracy or not self.layers:
            return
        moving = [ops.convert_to_numpy(v) for v in self.variables]
        training, inference = [], []
        batches = self._batches.take(self._check_steps).as_numpy_iterator()
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
        """Makes moving statistics those of the last batch.

        Afterwards, momenta and states of random generators are restored.
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
    """A model that is always called in training mode."""

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
    """Determines which predictions are correct, without those of weight 0.

    Args:
        target: A `tasks.targets.Target`.
        logits: Array of a model's outputs.
        y: Array, as of `Target.correct`.
        weight: Array of weights, or `None`.

    Returns:
        Booleans `(n,)`.
    """
    is_correct, counts = target.correct(y, logits)
    if weight is not None:
        missing = counts.ndim - weight.ndim
        counts &= weight.reshape(weight.shape + (1,) * missing) > 0
    return is_correct[counts]
