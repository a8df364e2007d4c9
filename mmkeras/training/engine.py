"""Trains any task: from rows of a data set to the best weights."""

import time

import keras
import numpy as np

from mmkeras import interrupts
from mmkeras import memory
from mmkeras.data import augment
from mmkeras.data import batches
from mmkeras.tasks import frozen_parts
from mmkeras.training import balanced_model
from mmkeras.training import blend_estimate
from mmkeras.training import checkpoint
from mmkeras.training import joint_loss
from mmkeras.training import linear_head
from mmkeras.training import normalization
from mmkeras.training import optimizers
from mmkeras.training import recipes
from mmkeras.training import self_critical
from mmkeras.training import subsets
from mmkeras.training import training_model
from mmkeras.training import validation
from mmkeras.training.build import build
from mmkeras.training.build import num_examples
from mmkeras.training.callbacks import FailOnNaN
from mmkeras.training.callbacks import LogCurves
from mmkeras.training.callbacks import StopAfterStep
from mmkeras.training.callbacks import Validate
from mmkeras.training.callbacks import WarmUpLoss
from mmkeras.training.examples import Data
from mmkeras.training.examples import Examples

__all__ = ["Data", "Examples", "build", "fit", "num_examples"]


def fit(
    task,
    data,
    folder,
    recipe,
    seed=0,
    progress=None,
    verbose="auto",
    callbacks=(),
    solve_head=False,
):
    """Trains a task's model, or resumes an interrupted training.

    Args:
        task: A `tasks.Task`.
        data: A `training.examples.Data`.
        folder: Path of the run's folder, locked by the caller.
        recipe: A `recipes.Recipe`, completed by `recipes.resolve`.
        seed: int.
        progress: Function of the number of encoded files and of all files.
        verbose: As of `keras.Model.fit`.
        callbacks: Further Keras callbacks, called last.
        solve_head: bool. Whether a linear head begins as a ridge regression;
            see `linear_head.solve`.

    Returns:
        Dict of `"seconds"` of all epochs and `"session_seconds"` of those
        since it was resumed, `"epochs"`, `"best_epoch"` (from 1),
        `"monitor"`, the metric that selected it, `"corrupt"`, the skipped
        rows with the reason, and with `solve_head` `"cross_validation"`, a
        `linear_head.CrossValidation`.
    """
    balanced_model.check(task, recipe)
    joint_loss.make(task, recipe)  # Before files are encoded.
    memory.keep_freed()
    train = Examples(task, data.train, progress, views=recipe.views)
    val = Examples(task, data.val, progress)
    if recipe.class_weights:
        train.balance_classes()
    recipe = recipes.resolve(recipe, len(train))
    batching = _batching(task, recipe, train)
    steps = batches.steps(train, batching)
    shared = batching.shared if batching.group > 1 else None
    solution = linear_head.solve(task, train) if solve_head else None
    model = training_model.build(task, recipe, train.cached, shared, seed)
    if recipe.all_subsets:
        model = subsets.all_subsets(model)
    if recipe.balance:
        model = balanced_model.build(model, task.fields, recipe.balance)
    encoder_weights = _encoder_weights(task, recipe)

    def epochs_from(start):
        return _batches(task, recipe, train, batching, seed, start)

    first = epochs_from(0)
    if recipe.balance == balanced_model.GRADIENT_BLEND:
        model.balance.weights = blend_estimate.blend_weights(
            folder, model, (train, val), first, steps, recipe, encoder_weights
        )
    optimizers.compile_model(model, recipe, steps, encoder_weights)
    statistics = normalization.Statistics(
        balanced_model.multimodal(model), first, batching.size, steps
    )
    validate = validation.Validation(task, val, recipe)
    monitors = [
        Validate(
            folder / "best.npz",
            validate,
            validate.monitor,
            recipe.patience,
            statistics,
        ),
        *validate.callbacks(batching.size),
        LogCurves(folder),
        FailOnNaN(),
    ]
    saver = checkpoint.Checkpoint(folder / "checkpoint.npz", monitors[:-1])
    finished = saver.resume(model)
    first_loss = _warmup(model, recipe)
    rewards = []
    if recipe.reward:
        dataset, rewards = self_critical.training(
            task, train, recipe, batching, seed, finished
        )
    else:
        dataset = epochs_from(finished) if finished else first
    since = time.perf_counter()
    if finished < recipe.epochs and not monitors[0].stopped(finished):
        with interrupts.deferred():
            model.fit(
                dataset,
                initial_epoch=finished,
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                callbacks=[
                    *first_loss,
                    *rewards,
                    *monitors,
                    saver,
                    _tensorboard(folder),
                    *callbacks,
                    StopAfterStep(),
                ],
                verbose=verbose,
                shuffle=False,
            )
    best = checkpoint.restore(folder / "best.npz", model)
    statistics.check(task.target)
    task.finish(train, seed)
    curves = monitors[-2].state
    return {
        "seconds": round(sum(row["seconds"] for row in curves)),
        "session_seconds": round(time.perf_counter() - since),
        "epochs": len(curves),
        "best_epoch": best["epoch"] + 1,
        "monitor": validate.monitor,
        "corrupt": [*train.errors, *val.errors],
        **({"cross_validation": solution} if solution else {}),
    }


def _batching(task, recipe, train):
    """How the training examples are put into batches."""
    size = min(recipe.batch_size, len(train))
    shared, group = _group(task, recipe, train)
    if group > 1:
        count = len(np.unique(train.numbers(shared)))
        size = min(recipe.batch_size, count * group) // group * group
        if recipe.batch_tokens:
            raise ValueError(
                "`train.batch_tokens` is of batches drawn at random. Leave out "
                "train.examples_per_image. Received: train.batch_tokens="
                f"{recipe.batch_tokens}, train.examples_per_image="
                f"{recipe.examples_per_image}"
            )
    return batches.Batching(
        size,
        shared,
        group,
        recipe.bucket_by_length,
        recipe.batch_tokens,
        _dropout(task, recipe),
    )


def _group(task, recipe, train):
    """The input that examples share, and how many examples share a value."""
    field = _shared_field(task, train, with_frozen=bool(recipe.reward))
    if field is None or recipe.all_subsets or recipe.balance:
        return None, 1
    if recipe.reward:
        return field, recipe.num_samples
    if recipe.examples_per_image is None:
        return None, 1
    _, counts = np.unique(train.numbers(field), return_counts=True)
    usual = -(-counts.sum() // len(counts))
    size = (
        min(recipe.examples_per_image, usual)
        if recipe.examples_per_image
        else counts.max()
    )
    return field, int(max(min(size, recipe.batch_size), 1))


def _shared_field(task, train, with_frozen):
    """The first field of files whose branch is trained, or `None`."""
    branches = frozen_parts.branches(task.model)
    for field in task.fields:
        branch = branches.get(field)
        in_file = task.codecs[field].in_file and train.has(field)
        if branch and in_file and (with_frozen or not branch.is_frozen):
            return field
    return None


def _batches(task, recipe, train, batching, seed, start):
    """Training batches from an epoch on."""
    epochs = batches.training(
        train,
        batching,
        recipe.epochs,
        seed,
        start,
        _augment(task, recipe, train),
    )
    if recipe.all_subsets:
        epochs = batches.repeat_targets(
            epochs, subsets.count_of(len(task.fields))
        )
    return epochs


def _dropout(task, recipe):
    """The probability that each field is hidden."""
    if recipe.all_subsets:
        return 0.0
    is_never_hidden = [field in task.always_given for field in task.fields]
    return np.where(is_never_hidden, 0.0, recipe.modality_dropout)


def _augment(task, recipe, train):
    """Augments the audio of a batch; images are augmented in the model."""
    if "audio" not in recipe.augment:
        return None
    fields = [
        field
        for field in task.fields
        if task.codecs[field].kind == "audio" and field not in train.cached
    ]

    def change(x, rng):
        return x | {
            field: augment.augment_audio(
                x[field], rng, **task.audio_augmentation
            )
            for field in fields
        }

    return change if fields else None


def _warmup(model, recipe):
    """The callback of a loss with a warm-up, in a list."""
    count = model.target.warmup_epochs(recipe.epochs)
    return [WarmUpLoss(count)] if count else []


def _encoder_weights(task, recipe):
    """Weights of images and pretrained branches, for `encoder_lr_scale`."""
    return [
        weight
        for field, branch in frozen_parts.branches(task.model).items()
        for weight in branch.model.trainable_weights
        if task.codecs[field].kind == "image"
        or isinstance(recipe.model.get(field), str)
        or field in (recipe.init_branches or ())
    ]


def _tensorboard(folder):
    """Writes the metrics of every epoch for `tensorboard --logdir`."""
    return keras.callbacks.TensorBoard(
        str(folder / "tensorboard"), write_graph=False
    )
