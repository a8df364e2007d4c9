"""The model that is trained; it shares a task's weights, and is not saved."""

import keras

from mmkeras.data import augment
from mmkeras.tasks import frozen_parts
from mmkeras.training import joint_loss


class TrainingModel(keras.Model):
    """A functional model whose loss is that of a target.

    Args:
        inputs: Dict of inputs.
        outputs: Their outputs.
        target: A `tasks.targets.Target`.
        label_smoothing: float in [0, 1).
        name: Name of the model.
        balance: A `balanced_model.BalancedLoss`, if the outputs are those of
            several heads, or `None`.
        joint: A `joint_loss.JointLoss`, if there are several targets, or
            `None`. Each of their losses is logged.
        warms_up: bool. Whether the first epochs are trained by the target's
            `warmup_loss`, as `callbacks.WarmUpLoss` says.
        r_drop: float. Weight of the divergence of two predictions with
            different dropout, for targets that have one; 0 for one prediction.

    Attributes:
        is_warming_up: Variable, whether they are; or `None`.
    """

    def __init__(
        self,
        inputs,
        outputs,
        target,
        label_smoothing=0.0,
        name=None,
        balance=None,
        joint=None,
        warms_up=False,
        r_drop=0.0,
    ):
        super().__init__(inputs, outputs, name=name)
        self.target = target
        self.label_smoothing = label_smoothing
        self.balance = balance
        self.joint = joint
        self.r_drop = r_drop
        self.loss_means = [] if joint is None else joint.means()
        self.is_warming_up = None
        if warms_up:
            self.is_warming_up = keras.Variable(
                False, dtype="bool", trainable=False, name="is_warming_up"
            )

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if self.balance is None:
            loss = self._target_loss(y, y_pred, sample_weight)
        else:
            loss = self.balance(self._target_loss, x, y, y_pred, sample_weight)
        if self.r_drop:
            second = self(x, training=True)
            loss += self._target_loss(y, second, sample_weight)
            divergence = self.target.divergence(y, y_pred, second)
            loss = loss / 2 + self.r_drop * divergence
        return loss + sum(self.losses)

    def _target_loss(self, y, outputs, weight):
        given = weight, self.label_smoothing
        if self.joint is None:
            return self._own_loss(y, outputs, *given)
        losses = self.joint.losses(self._own_loss, y, outputs, *given)
        for mean, loss in zip(self.loss_means, losses.values()):
            mean.update_state(loss)
        return self.joint.total(losses)

    def _own_loss(self, *arguments):
        loss = self.target.loss(*arguments)
        if self.is_warming_up is None:
            return loss
        first = self.target.warmup_loss(*arguments)
        return keras.ops.where(self.is_warming_up.value, first, loss)


def build(task, recipe, cached=(), shared=None, seed=0):
    """Builds the model that is trained instead of a task's.

    Frozen parts whose outputs are cached are omitted. A value that
    several examples of a batch share goes through its branch once. Images of
    a branch without a frozen part are augmented within the model, if the
    recipe says so; checkpoints thus include the state of its random
    generators.

    Args:
        task: A `tasks.Task`.
        recipe: A `recipes.Recipe`.
        cached: Names of the fields that are outputs of frozen parts; see
            `training.examples.Examples`.
        shared: Name of the input that is shared, or `None`; see
            `data.batches.Batching`.
        seed: int. Seed of the augmentation, and of what targets sample.

    Returns:
        A `TrainingModel`, whose outputs are those of
        `Task.training_outputs`.
    """
    joint = joint_loss.make(task, recipe)
    if recipe.r_drop and recipe.reward:
        raise ValueError(
            "`train.r_drop` and `task.reward` are mutually exclusive: leave "
            f"out one of them. Received: train.r_drop={recipe.r_drop}, "
            f"task.reward={recipe.reward}"
        )
    augmentations = {}
    if "image" in recipe.augment:
        augmentations = {
            field: augment.augment(seed=seed)
            for field in task.fields
            if task.codecs[field].kind == "image"
        }
    inputs, pairs = frozen_parts.training_inputs(
        task.model, cached, (shared,) if shared else (), augmentations
    )
    names = joint.weights if joint else ()
    outputs = task.training_outputs(inputs, pairs, seed, names)
    if recipe.reward:
        outputs = outputs / recipe.temperature
    return TrainingModel(
        inputs,
        outputs,
        task.target,
        recipe.label_smoothing,
        name=task.model.name,
        joint=joint,
        warms_up=bool(task.target.warmup_epochs(recipe.epochs)),
        r_drop=recipe.r_drop or 0.0,
    )
