"""The loss weights of Gradient-Blend, estimated once per run."""

import dataclasses
import pathlib

import numpy as np

from mmkeras import balance
from mmkeras.files import atomic
from mmkeras.training import normalization
from mmkeras.training import optimizers
from mmkeras.training.training_model import TrainingModel

FILE = "blend_weights.json"  # In the run's folder.
_EPOCHS = 3  # For which each head is trained.
_BATCH_SIZE = 256  # For measuring losses.


def blend_weights(
    folder, model, parts, batches, steps, recipe, encoder_weights=()
):
    """Estimates the weights, or reads them from the folder of the run.

    Each head is trained separately, from the initial weights, on the first
    batches of the run. All variables of the model are restored.

    Args:
        folder: Path of the run's folder.
        model: A `TrainingModel`, as of `balanced_model.build`.
        parts: Tuple of training and validation `training.examples.Examples`.
        batches: A `tf.data.Dataset` of the training batches.
        steps: int. Batches per epoch.
        recipe: A `recipes.Recipe`, resolved.
        encoder_weights: As of `optimizers.compile_model`.

    Returns:
        Dict from heads to weights that sum to 1.

    Raises:
        ValueError: If no head improves on validation, or the file is damaged.
    """
    path = pathlib.Path(folder, FILE)
    if path.exists():
        return atomic.read_json(path, dict.fromkeys(model.output, float))
    epochs = min(_EPOCHS, recipe.epochs)
    recipe = dataclasses.replace(recipe, epochs=epochs, ema=0.0)

    def train(single):
        optimizers.compile_model(single, recipe, steps, encoder_weights)
        single.fit(
            batches,
            epochs=epochs,
            steps_per_epoch=steps,
            verbose=0,
            shuffle=False,
        )
        normalization.Statistics(
            single, batches, recipe.batch_size, steps
        ).reestimate()

    def measure(head, single):
        return tuple(_loss(single, head, part) for part in parts)

    models = {head: _single(model, head) for head in model.output}
    weights = balance.compare(models, train, measure)
    atomic.write_json(path, weights)
    return weights


def _single(model, head):
    """A model of one head, which shares the weights of all of them."""
    return TrainingModel(
        model.input,
        {head: model.output[head]},
        model.target,
        model.label_smoothing,
        balance=model.balance,
    )


def _loss(model, head, examples):
    """Mean loss of the examples that have the modality of a head.

    0 if there are none, so that the head weighs nothing.
    """
    task, losses = examples.task, [np.zeros(0)]
    for start in range(0, len(examples), _BATCH_SIZE):
        order = np.arange(start, min(start + _BATCH_SIZE, len(examples)))
        x = examples.inputs(order)
        counts = examples.weight[order] > 0
        if head in task.fields:
            counts &= x["presence"][:, task.fields.index(head)]
        x = task.normalize(x, cached=examples.cached)
        logits = np.asarray(model.predict_on_batch(x)[head])
        y = examples.targets.take(order)
        losses.append(task.target.losses(y[counts], logits[counts]).ravel())
    losses = np.concatenate(losses)
    return float(np.mean(losses)) if len(losses) else 0.0
