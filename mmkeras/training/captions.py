"""From rows of images and captions to a trained captioner."""

import dataclasses
import functools
import time

import keras
import numpy as np

from mmkeras import branches
from mmkeras import interrupts
from mmkeras import losses
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import augment
from mmkeras.data import codecs
from mmkeras.data import pipeline
from mmkeras.data.fingerprint import fingerprint
from mmkeras.training import callbacks
from mmkeras.training import checkpoint
from mmkeras.training import normalization
from mmkeras.training import optimizers
from mmkeras.training import precision
from mmkeras.training import recipes
from mmkeras.training import self_critical
from mmkeras.training.images import Images


@dataclasses.dataclass(frozen=True)
class Data:
    """Rows of a data set by split; see `mmkeras.data.datasets`."""

    train: list
    val: list

    @property
    def fingerprint(self):
        """Digest of all that the rows and their files hold."""
        return fingerprint([*self.train, *self.val])


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
    init=None,
    stem=None,
):
    """Builds a captioner for a data set.

    Args:
        name: Architecture, e.g. `"caption-cnn-lstm"`.
        data: A `Data`; the vocabulary is that of its training captions.
        recipe: A `Recipe`.
        weights: File of weights for the image network, or `"imagenet"`;
            `None` trains the architecture's own image branch from scratch.
        network: Image network of `keras.applications`, with `weights`.
        image_size: Side of the images in pixels; 224 by default, 64 when
            the image branch is trained from scratch.
        length: int. Ids of a sentence, start and end included.
        minimum: int. How often a word must occur in training.
        policy: Precision; see `precision.use`.
        fine_tune: Whether to train the image network on, too: a bool, or the
            name of the first layer to train; see `branches.image.application`.
        init: Folder of a run whose weights and words to start with.
        stem: Layer of a frozen image network; what is before it is kept for a
            run that fine-tunes from there. See `branches.image.application`.

    Returns:
        A `tasks.Caption`.

    Raises:
        ValueError: If the weights of `init` do not fit.
    """
    known = tasks.load(init) if init else None
    if stem and not weights:
        raise ValueError(
            "An image network that is trained from scratch has no stem to "
            f"cache. Omit `stem`, or pass `weights`. Received: stem={stem!r}"
        )
    precision.use(policy)
    side = image_size or (224 if weights else 64)
    texts = [text for row in data.train for text in row["captions"]]
    if known:
        words = known.codecs["text"]
    else:
        words = codecs.Text.from_texts(texts, minimum=minimum, length=length)
    settings = dict(recipe.settings)
    if weights:
        settings["image"] = branches.image.application(
            network, (side, side, 3), weights, fine_tune, recipe.pooled, stem
        )
    model = registry.build_model(
        name,
        vocabulary_size=len(words),
        image_shape=(side, side, 3),
        **settings,
    )
    image = codecs.Image((side, side))
    task = tasks.Caption(model, {"image": image, "text": words})
    if known:
        _copy(known, task, init)
    return task


def _copy(known, task, init):
    """Gives a captioner the weights of another, layer by layer."""
    for part in ("encoder", "decoder"):
        old, new = getattr(known, part).weights, getattr(task, part).weights
        if [_about(w) for w in old] != [_about(w) for w in new]:
            raise ValueError(
                f"The {part} in {init} does not match this model's {part} "
                "(shapes differ). Use the same architecture, --weights, "
                "--image-size and --set."
            )
        for weight, value in zip(new, old):
            weight.assign(value)


def _about(weight):
    return weight.path.split("/")[-2:], tuple(weight.shape)


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
        recipe: A `Recipe`; what it leaves out, `recipes.resolve` chooses.
        seed: int.
        progress: Function of the images encoded and in all.
        verbose: As of `keras.Model.fit`.
        also: Further Keras callbacks, called last.

    Returns:
        Dict of `"seconds"` of all epochs and `"session_seconds"` of those
        since it was resumed, `"epochs"`, `"best_epoch"` (from 1),
        `"monitor"`, the metric that chose it, and `"corrupt"`, the images
        left out, with the reason.
    """
    train = Images(task, data.train, recipe.views, progress)
    val = Images.readable(task, data.val, progress)
    lessons = _Lessons(task, recipe, train, seed)
    recipe = lessons.recipe
    model = _trainee(task, recipe, train.frozen, lessons.together, seed)
    loss = losses.TokenCrossentropy(recipe.label_smoothing)
    branch = task.encoder.trainable_weights
    optimizers.compile_model(model, loss, recipe, lessons.steps, branch)
    statistics = normalization.Statistics(
        model, lessons.first, lessons.size, lessons.steps
    )
    parts = _callbacks(task, val, folder, recipe, statistics)
    saver = checkpoint.Checkpoint(folder / "checkpoint.npz", parts[:-1])
    done = saver.resume(model)
    batches, rewards = lessons.batches(done)
    last = [*also, callbacks.StopAfterStep()]
    since = time.perf_counter()
    if done < recipe.epochs and not parts[0].stopped(done):
        with interrupts.deferred():
            model.fit(
                batches,
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=lessons.steps,
                callbacks=[
                    *rewards,
                    *parts,
                    saver,
                    _tensorboard(folder),
                    *last,
                ],
                verbose=verbose,
                shuffle=False,
            )
    best = checkpoint.restore(folder / "best.npz", model)
    statistics.check("text")
    curves = parts[-2].state
    return {
        "seconds": round(sum(row["seconds"] for row in curves)),
        "session_seconds": round(time.perf_counter() - since),
        "epochs": len(curves),
        "best_epoch": best["epoch"] + 1,
        "monitor": parts[0].metric,
        "corrupt": [*train.bad, *val.bad],
    }


class _Lessons:
    """What a captioner learns from: what people say, or it says itself."""

    def __init__(self, task, recipe, train, seed):
        self.task = task
        self.train = train
        self.seed = seed
        self.owners, self.tokens = train.captions(task)
        self.recipe = recipe = recipes.resolve(recipe, len(self.owners))
        self.together, self.size = _sizes(task, recipe, self.owners)
        self.steps = pipeline.steps(self.owners, self.size, self.together)

    @functools.cached_property
    def first(self):
        """Batches of people's captions from the first epoch on."""
        return self.teaching(0)

    def batches(self, start):
        """Batches from an epoch on, and callbacks that they need."""
        if self.recipe.reward:
            return self._said_by_itself(start)
        return self.teaching(start) if start else self.first, []

    def teaching(self, start):
        """Batches of people's captions from an epoch on."""
        batches = pipeline.teaching(
            self.train.array,
            self.owners,
            self.tokens,
            self.size,
            self.recipe.epochs,
            self.seed,
            start,
            self.together,
        )
        if not self.train.frozen:
            batches = batches.map(self.task.scale)
        return pipeline.without_padding(batches)

    def _said_by_itself(self, start):
        reward = self_critical.Reward(
            self.task, self.train.references, self.recipe.reward
        )
        batches = self_critical.batches(
            self.task,
            self.train,
            self.owners,
            self.recipe,
            reward,
            self.size // self.together,
            self.seed,
            start,
        )
        return pipeline.without_padding(batches), [reward]


def num_examples(name, data):
    """Counts the captions for training; `name` is that of the architecture."""
    return sum(len(row["captions"]) for row in data.train)


def _sizes(task, recipe, owners):
    """Captions of an image in a batch, and captions in a batch."""
    images = len(np.unique(owners))
    usual = -(-len(owners) // images)
    together = 1
    if recipe.reward:
        together = recipe.draws
    elif task.encoder.trainable_weights:
        together = max(min(recipe.together, usual, recipe.batch_size), 1)
    most = len(owners) if together == 1 else images * together
    return together, min(recipe.batch_size, most)


def _trainee(task, recipe, frozen, together, seed):
    """The model that is trained: from pixels, or from a frozen trunk on.

    Images change at random, if asked, as part of it, so that a checkpoint
    keeps the state of chance.
    """
    start = task.trunk.output if frozen else task.encoder.input
    x = image = keras.Input(start.shape[1:], name="image")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    places = keras.Input((), dtype="int32", name="places")
    if recipe.augment and not frozen:
        x = augment.augment(seed=seed)(x)
    x = task.top(x) if frozen else task.encoder(x)
    logits = task.decoder([tokens, x], together=together, places=places)
    if recipe.reward:
        logits = logits / recipe.temperature
    inputs = {"image": image, "tokens": tokens, "places": places}
    return keras.Model(inputs, logits, name="trainee")


def _tensorboard(folder):
    """Writes the figures of every epoch for `tensorboard --logdir`."""
    return keras.callbacks.TensorBoard(
        str(folder / "tensorboard"), write_graph=False
    )


def _callbacks(task, val, folder, recipe, statistics):
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

    best = callbacks.Validate(
        folder / "best.npz",
        evaluate,
        f"val_{recipe.monitor}",
        recipe.patience,
        statistics,
    )
    return [
        best,
        callbacks.WarnOnCollapse(lambda: written),
        callbacks.LogCurves(folder),
        callbacks.FailOnNaN(),
    ]
