"""From rows of pictures and captions to a trained captioner."""

import dataclasses
import hashlib
import json
import time

import keras

from mmkeras import branches
from mmkeras import losses
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import augment
from mmkeras.data import codecs
from mmkeras.data import pipeline
from mmkeras.training import callbacks
from mmkeras.training import checkpoint
from mmkeras.training import precision
from mmkeras.training.pictures import Pictures


@dataclasses.dataclass(frozen=True)
class Data:
    """Rows of a data set by split; see `mmkeras.data.datasets`."""

    train: list
    val: list

    @property
    def fingerprint(self):
        """SHA-256 of all names, captions and splits."""
        rows = [
            (row["id"], row["captions"], row["split"])
            for row in [*self.train, *self.val]
        ]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def build(
    name,
    data,
    recipe,
    weights=None,
    network="MobileNetV2",
    image_size=None,
    length=20,
    minimum=5,
    policy="auto",
    fine_tune=False,
):
    """Builds an untrained captioner for a data set.

    Args:
        name: Architecture, e.g. `"caption-cnn-lstm"`.
        data: A `Data`; the vocabulary is that of its training captions.
        recipe: A `Recipe`.
        weights: File of weights for the image network, or `"imagenet"`;
            `None` trains the architecture's own image branch from scratch.
        network: Image network of `keras.applications`, with `weights`.
        image_size: Side of the pictures in pixels; 224 by default, 64 when
            the image branch is trained from scratch.
        length: int. Ids of a sentence, start and end included.
        minimum: int. How often a word must occur in training.
        policy: Precision; see `precision.choose`.
        fine_tune: bool. Whether to train the image network on, too.

    Returns:
        A `tasks.Caption`.
    """
    keras.config.set_dtype_policy(precision.choose(policy))
    side = image_size or (224 if weights else 64)
    texts = [text for row in data.train for text in row["captions"]]
    words = codecs.Words.from_texts(texts, minimum=minimum, length=length)
    settings = dict(recipe.settings)
    if weights:
        settings["image"] = branches.image.application(
            network, (side, side, 3), weights, fine_tune, recipe.pooled
        )
    model = registry.build_model(
        name,
        vocabulary_size=len(words),
        image_shape=(side, side, 3),
        **settings,
    )
    image = codecs.Image((side, side))
    return tasks.Caption(model, {"image": image, "text": words})


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
    """Trains a captioner, or goes on where a training was broken off.

    Args:
        task: A `tasks.Caption`, as of `build`.
        data: A `Data`.
        folder: Path of the run's folder, held by the caller.
        recipe: A `Recipe`.
        seed: int.
        progress: Function of the pictures encoded and in all.
        verbose: As of `keras.Model.fit`.
        also: Further Keras callbacks, called last.

    Returns:
        Dict of `"seconds"`, `"epochs"`, `"best"` (validation CIDEr, greedy)
        and `"corrupt"`, the pictures left out with the reason.
    """
    train = Pictures(task, data.train, recipe.views, progress)
    val = Pictures(task, data.val, progress=progress)
    owners, tokens = train.captions(task)
    size = min(recipe.batch_size, len(owners))
    count = pipeline.steps(len(owners), size)
    model = task.head if train.frozen else _augmented(task, recipe, seed)
    model.compile(
        _optimizer(recipe, count),
        losses.TokenCrossentropy(recipe.label_smoothing),
    )
    parts = _callbacks(task, val, folder, recipe)
    saver = checkpoint.Checkpoint(folder / "checkpoint.npz", parts[:-1])
    done = saver.resume(model)
    batches = pipeline.teaching(
        train.array, owners, tokens, size, recipe.epochs, seed, done
    )
    if not train.frozen:
        batches = batches.map(task.scale)
    since = time.perf_counter()
    if done < recipe.epochs and not _stopped(parts[0], done):
        model.fit(
            batches,
            initial_epoch=done,
            epochs=recipe.epochs,
            steps_per_epoch=count,
            callbacks=[*parts, saver, _tensorboard(folder), *also],
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


def _augmented(task, recipe, seed):
    """The model that is trained: its pictures change at random, if asked.

    The changes are part of it, so that a checkpoint keeps their state.
    """
    if not recipe.augment:
        return task.model
    inputs = {
        name: keras.Input(x.shape[1:], dtype=x.dtype, name=name)
        for name, x in task.model.input.items()
    }
    change = augment.augment(seed=seed)
    changed = {**inputs, "image": change(inputs["image"])}
    return keras.Model(inputs, task.model(changed), name="augmented")


def _optimizer(recipe, count):
    steps = count * recipe.epochs
    warmup = max(int(recipe.warmup * steps), 1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(steps - warmup, 1),
        alpha=0.02,
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=recipe.weight_decay,
        clipnorm=recipe.clip,
        use_ema=recipe.ema > 0,
        ema_momentum=recipe.ema or 0.99,
    )
    optimizer.exclude_from_weight_decay(
        var_names=["bias", "gamma", "beta", "embeddings"]
    )
    return optimizer


def _tensorboard(folder):
    """Writes the figures of every epoch for `tensorboard --logdir`."""
    return keras.callbacks.TensorBoard(
        str(folder / "tensorboard"), write_graph=False
    )


def _callbacks(task, val, folder, recipe):
    written = []

    def evaluate():
        written[:] = val.write(task)
        scores = task.score(written, val.references)
        return {
            "val_loss": val.loss(task),
            "val_cider": scores["cider"],
            "val_bleu_4": scores["bleu_4"],
            "val_unique": scores["unique"],
        }

    best = callbacks.Best(
        folder / "best.npz",
        evaluate,
        f"val_{recipe.monitor}",
        recipe.patience,
    )
    return [
        best,
        callbacks.Collapse(lambda: written),
        callbacks.Curves(folder),
        callbacks.Finite(),
    ]


def _stopped(best, done):
    late = done - 1 - best.state["epoch"]
    return best.patience is not None and late > best.patience
