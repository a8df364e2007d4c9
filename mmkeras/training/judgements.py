"""From rows of several modalities and a label to a trained judge."""

import dataclasses
import hashlib
import json
import time

import keras
import numpy as np

from mmkeras import branches
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import augment
from mmkeras.data import codecs
from mmkeras.data import pipeline
from mmkeras.training import callbacks
from mmkeras.training import checkpoint
from mmkeras.training import optimizers
from mmkeras.training import precision
from mmkeras.training.examples import Examples


@dataclasses.dataclass(frozen=True)
class Data:
    """Rows of a data set by split; see `mmkeras.data.datasets`."""

    train: list
    val: list

    @property
    def fingerprint(self):
        """SHA-256 of all names, labels and splits."""
        rows = [
            (row["id"], row["label"], row["split"])
            for row in [*self.train, *self.val]
        ]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def build(
    name,
    data,
    recipe,
    image_size=None,
    seconds=None,
    length=60,
    minimum=2,
    policy="auto",
    answers=3000,
):
    """Builds a judge for a data set.

    Args:
        name: Architecture, e.g. `"classify-image-audio-concat"`.
        data: A `Data`; vocabulary and classes are those of its training rows.
        recipe: A `Recipe`.
        image_size: Side of the pictures in pixels, 64 by default.
        seconds: Length of a sound, 2.0 by default.
        length: int. Ids of a text, start and end included.
        minimum: int. How often a word must occur in training.
        policy: Precision; see `precision.choose`.
        answers: int. How many answers a `vqa-*` architecture chooses among,
            the commonest of training; it is never right about another one.

    Returns:
        A `tasks.Classify`.

    Raises:
        ValueError: If the rows lack a modality of the architecture.
    """
    keras.config.set_dtype_policy(precision.choose(policy))
    architecture = registry.find(name)
    tiny = registry.build_model(name, **architecture.tiny)
    fields = [field for field in tiny.input if field != "presence"]
    rows = grouped(data.train) if _takes_groups(tiny) else data.train
    kept = {
        field: _codec(field, rows, image_size, seconds, length, minimum)
        for field in fields
    }
    labels = [row["label"] for row in data.train]
    most = answers if architecture.task == "vqa" else None
    kept["label"] = codecs.Labels.from_values(labels, most)
    known = {"classes": kept["label"].size}
    for field in fields:
        known |= _known(field, kept[field], tiny)
    known = {k: v for k, v in known.items() if k in architecture.arguments}
    model = registry.build_model(name, **{**known, **recipe.settings})
    return tasks.Classify(model, kept)


def grouped(rows):
    """Joins the rows of each group, e.g. the utterances of a video, in order.

    Returns:
        List of rows, one a group, of sequences of features, and lists of
        labels and of ids.
    """
    groups = {}
    for row in rows:
        groups.setdefault((row["group"], row["split"]), []).append(row)
    joined = []
    for (name, split), members in groups.items():
        row = {
            key: np.stack([member[key] for member in members])
            for key, value in members[0].items()
            if isinstance(value, np.ndarray)
        }
        labels = [member["label"] for member in members]
        ids = [member["id"] for member in members]
        about = {"id": name, "ids": ids, "split": split, "label": labels}
        joined.append({**row, **about})
    return joined


def only(task, rows, field):
    """Leaves of all modalities of a task but one.

    Args:
        task: A `tasks.Classify`.
        rows: Rows of a data set.
        field: Name of a modality, or `None` to leave all.

    Returns:
        List of rows.

    Raises:
        ValueError: If the task has no such modality.
    """
    if field is None:
        return rows
    if field not in task.fields:
        raise ValueError(
            f"Expected one of {', '.join(task.fields)}. Received: {field!r}"
        )
    gone = set(task.fields) - {field}
    return [{k: v for k, v in row.items() if k not in gone} for row in rows]


def examples(task, rows, progress=None, keep=True):
    """Encodes rows as a task's model takes them; see `Examples`."""
    if _takes_groups(task.model):
        rows = grouped(rows)
    return Examples(task, rows, progress, keep)


def fit(
    task,
    data,
    folder,
    recipe,
    seed=0,
    progress=None,
    verbose="auto",
    also=(),
):
    """Trains a judge, or goes on where a training was broken off.

    Args:
        task: A `tasks.Classify`, as of `build`.
        data: A `Data`.
        folder: Path of the run's folder, held by the caller.
        recipe: A `Recipe`; its `modality_dropout` is how often each modality
            is hidden from the model, though never all of an example.
        seed: int.
        progress: Function of the files encoded and in all.
        verbose: As of `keras.Model.fit`.
        also: Further Keras callbacks, called last.

    Returns:
        Dict as of `captions.fit`.
    """
    train = examples(task, data.train, progress)
    val = examples(task, data.val, progress)
    size = min(recipe.batch_size, len(train))
    count = len(train) // size
    model = task.model
    model.compile(optimizers.scheduled(recipe, count), _loss(task, recipe))
    parts = [
        callbacks.Best(
            folder / "best.npz",
            lambda: _validate(task, val),
            f"val_{_monitor(task, recipe)}",
            recipe.patience,
        ),
        callbacks.Curves(folder),
        callbacks.Finite(),
    ]
    saver = checkpoint.Checkpoint(folder / "checkpoint.npz", parts[:-1])
    done = saver.resume(model)
    batches = pipeline.judging(
        task.scale,
        train.gather,
        len(train),
        size,
        recipe.epochs,
        seed,
        done,
        recipe.modality_dropout,
        _change(task) if recipe.augment else None,
    )
    since = time.perf_counter()
    if done < recipe.epochs and not parts[0].stopped(done):
        model.fit(
            batches,
            initial_epoch=done,
            epochs=recipe.epochs,
            steps_per_epoch=count,
            callbacks=[*parts, saver, *also],
            verbose=verbose,
            shuffle=False,
        )
    best = checkpoint.restore(folder / "best.npz", model)
    curves = parts[-2].state
    return {
        "seconds": round(sum(row["seconds"] for row in curves)),
        "session_seconds": round(time.perf_counter() - since),
        "epochs": len(curves),
        "best_epoch": best["epoch"] + 1,
        "corrupt": [*train.bad, *val.bad],
    }


def _change(task):
    """What changes a batch's sounds at random."""
    heard = [f for f in task.fields if isinstance(task.codecs[f], codecs.Audio)]

    def change(x, draw):
        return x | {field: augment.sounds(x[field], draw) for field in heard}

    return change if heard else None


def _takes_groups(model):
    """Whether a model judges every step of a sequence of examples."""
    return len(model.output_shape) == 3


def _codec(field, rows, image_size, seconds, length, minimum):
    """The codec that fits a field's values."""
    values = [row[field] for row in rows if row.get(field) is not None]
    if not values:
        raise ValueError(
            f"The architecture takes {field!r}, which no training row has. "
            f"Received rows with: {sorted(rows[0])}"
        )
    if isinstance(values[0], np.ndarray):
        shape = values[0].shape
        longest = max(len(value) for value in values)
        return codecs.Features((longest, *shape[1:]))
    if field == "image":
        side = image_size or 64
        return codecs.Image((side, side))
    if field == "audio":
        return codecs.Audio(16000, seconds or 2.0)
    return codecs.Words.from_texts(values, minimum=minimum, length=length)


def _known(field, codec, tiny):
    """What a field's codec says about the model to be built."""
    if isinstance(codec, codecs.Words):
        return {"vocabulary_size": len(codec)}
    if isinstance(codec, codecs.Features) and not _takes_groups(tiny):
        name = f"{field}_encoder"
        make = {
            1: branches.features.dense,
            2: branches.features.gru,
            4: branches.video.frames,
        }.get(len(codec.shape))
        if make is None:
            raise ValueError(
                f"{field!r} has arrays of shape {codec.shape}. Give vectors, "
                "(size,), sequences, (length, size), or videos, (length, "
                "height, width, channels)."
            )
        return {field: make(codec.shape, name=name)}
    return {f"{field}_shape": codec.shape}


def _loss(task, recipe):
    kind = task.codecs["label"].kind
    if kind == "number":
        return keras.losses.MeanAbsoluteError()
    loss = {
        "single": keras.losses.CategoricalCrossentropy,
        "multi": keras.losses.BinaryCrossentropy,
    }[kind]
    return loss(from_logits=True, label_smoothing=recipe.label_smoothing)


def _monitor(task, recipe):
    """What chooses the best epoch: by default what users will ask for."""
    if recipe.monitor == "loss":
        return "loss"
    kind = task.codecs["label"].kind
    return {"single": "accuracy", "multi": "f1_macro", "number": "loss"}[kind]


def _validate(task, val):
    logits = val.logits(task)
    chances = val.chances(task, logits)
    scores = task.score(val.labels, chances)
    figures = {f"val_{name}": value for name, value in scores.items()}
    keep = ("val_accuracy", "val_f1_macro", "val_correlation", "val_acc_2_non0")
    figures = {k: v for k, v in figures.items() if k in keep}
    return {"val_loss": val.loss(task, logits), **figures}
