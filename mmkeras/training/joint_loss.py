"""The loss of a model with several targets: a weighted sum."""

import keras


class JointLoss:
    """The weighted sum of the losses of a task's targets.

        loss = sum of w_i loss_i

    Args:
        auxiliary: Dict of its `targets.Auxiliary`, by name.
        weights: Dict from names of losses to weights above 0, that of the
            task's own target first if it is among them.
    """

    def __init__(self, auxiliary, weights):
        self.auxiliary = auxiliary
        self.weights = weights

    def means(self):
        """Makes a Keras metric for the mean of each loss."""
        return [keras.metrics.Mean(f"{name}_loss") for name in self.weights]

    def losses(self, own_loss, y, outputs, weight=None, label_smoothing=0.0):
        """Computes the loss of each target.

        Args:
            own_loss: Function as of `Target.loss`, of the task's own target.
            y: As of `Target.loss`.
            outputs: Dict of what each loss takes.
            weight: Weights of the examples, or `None`.
            label_smoothing: float in [0, 1).

        Returns:
            Dict of scalars, in the order of the weights.
        """
        return {
            name: self.auxiliary[name].loss(outputs[name], weight)
            if name in self.auxiliary
            else own_loss(y, outputs[name], weight, label_smoothing)
            for name in self.weights
        }

    def total(self, losses):
        """The weighted sum of what `losses` returns."""
        return sum(self.weights[name] * loss for name, loss in losses.items())


def make(task, recipe):
    """Makes the loss of a task with several targets.

    Args:
        task: A `tasks.Task`.
        recipe: A `recipes.Recipe`; a target of weight 0 is left out.

    Returns:
        A `JointLoss`, or `None` if the task has one target.

    Raises:
        ValueError: If a weight is that of no target, or not a number of at
            least 0, or all are 0.
    """
    given = recipe.loss_weights or {}
    if not task.loss_names:
        return None
    is_valid = all(_is_weight(value) for value in given.values())
    weights = {name: given.get(name, 1.0) for name in task.loss_names}
    if not is_valid or {*given} - {*weights} or not any(weights.values()):
        raise ValueError(
            "`train.loss_weights` must be an object from some of "
            f"{', '.join(weights)} to numbers of at least 0, not all of them "
            f'0, e.g. {{"{task.loss_names[-1]}": 0.5}}. Received: '
            f"train.loss_weights={given}"
        )
    weights = {name: weight for name, weight in weights.items() if weight}
    return JointLoss(task.auxiliary, weights)


def _is_weight(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 <= value < float("inf")
