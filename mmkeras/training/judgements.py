"""From rows of several modalities and a label to a trained judge."""

import dataclasses
import time

import keras
import numpy as np

from mmkeras import interrupts
from mmkeras import losses
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import augment
from mmkeras.data import label_kinds
from mmkeras.data import pipeline
from mmkeras.data import training_problems
from mmkeras.data.fingerprint import fingerprint
from mmkeras.training import callbacks
from mmkeras.training import checkpoint
from mmkeras.training import fitted
from mmkeras.training import initialize
from mmkeras.training import normalization
from mmkeras.training import optimizers
from mmkeras.training import precision
from mmkeras.training import recipes
from mmkeras.training import subsets
from mmkeras.training.examples import Examples

_CURVES = [
    f"val_{name}"
    for name in (
        "accuracy",
        "f1_macro",
        "f1_weighted",
        "correlation",
        "acc_2_non0",
    )
]
_SUBSETS = "val_subsets_"  # A mean over every subset of the modalities.
_TALKS = ("dialogue", "emotion")  # There, a question mark tells something.


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
    image_size=None,
    seconds=None,
    length=60,
    minimum=2,
    policy="auto",
    answers=3000,
    vectors=None,
    target=None,
):
    """Builds a judge for a data set.

    Args:
        name: Architecture, e.g. `"classify-image-audio-concat"`.
        data: A `Data`; vocabulary and classes are those of its training rows.
        recipe: A `Recipe`.
        image_size: Side of the images in pixels; the architecture's own by
            default.
        seconds: Length of a sound, 2.0 by default.
        length: int. Ids of a text, start and end included.
        minimum: int. How often a word must occur in training.
        policy: Precision; see `precision.use`.
        answers: int. How many answers to questions to choose among, the
            commonest of training; it is never right about another one. Of an
            architecture that takes candidates, the label is the place of the
            right one; one that takes tokens writes any words it knows.
        vectors: File of word vectors to begin with, or `None`; see
            `initialize.initialize_embeddings`.
        target: `"class"`, `"labels"` or `"number"`, what the labels are;
            `None` to decide by all rows, see `data.label_kinds`.

    Returns:
        A `tasks.Classify`.

    Raises:
        ValueError: If the rows lack a modality of the architecture, if they
            cannot be trained on, see `data.training_problems`, or as of
            `initialize.initialize_embeddings`.
    """
    splits = {"train": data.train, "val": data.val}
    training_problems.require(training_problems.find(splits))
    labels = [row["label"] for row in [*data.train, *data.val]]
    target = target or label_kinds.infer(labels)
    precision.use(policy)
    architecture = registry.get(name)
    taken = architecture.arguments
    image_size = image_size or taken.get("image_shape", (64,))[0]
    tiny = registry.build_model(name, **architecture.tiny)
    rows = grouped(data.train) if _takes_groups(tiny) else data.train
    fields = fitted.fields(tiny, rows, taken)
    options = {"length": length, "minimum": minimum}
    if architecture.task in _TALKS:
        options["punctuation"] = "keep"
    kept = fitted.perceivers(fields, rows, image_size, seconds, options)
    writes = "tokens" in tiny.input
    kept["label"] = fitted.label(kept, data.train, answers, writes, target)
    known = fitted.arguments(kept, taken)
    model = registry.build_model(name, **{**known, **recipe.settings})
    task = tasks.Classify(model, kept)
    if vectors:
        initialize.initialize_embeddings(task, vectors)
    return task


def grouped(rows, most=None):
    """Joins the rows of each group, e.g. the utterances of a video, in order.

    Args:
        rows: Rows with `"group"`, and of a talk with `"text"` and, if it is
            known, `"speaker"`.
        most: int. Members of a row; a longer group is cut into several, so
            that none is lost, though the later ones lack what came before.
            `None` for any number.

    Returns:
        List of rows, one a group, of sequences of features, zeros for members
        that lack them; of texts, each after its speaker's name; and of labels
        and ids.

    Raises:
        ValueError: If a row belongs to no group.
    """
    groups = {}
    for row in rows:
        if row.get("group") is None:
            raise ValueError(
                "The architecture classifies examples in their context, so "
                f"{row['id']} must have a `group`. Received: {sorted(row)}"
            )
        groups.setdefault((row["group"], row["split"]), []).append(row)
    return [
        _joined(name, split, members[i : i + (most or len(members))])
        for (name, split), members in groups.items()
        for i in range(0, len(members), most or len(members))
    ]


def _joined(name, split, members):
    """One row of the members of a group."""
    row = {"id": name, "split": split}
    for key in dict.fromkeys(key for member in members for key in member):
        values = [member.get(key) for member in members]
        known = next((v for v in values if isinstance(v, np.ndarray)), None)
        if known is not None:
            nothing = np.zeros_like(known)
            row[key] = np.stack([nothing if v is None else v for v in values])
        elif key == "text" and any(values):
            row[key] = [_spoken(member) for member in members]
    row["label"] = [member["label"] for member in members]
    row["ids"] = [member["id"] for member in members]
    return row


def _spoken(row):
    """What is said, after the name of who says it."""
    who, said = row.get("speaker"), row.get("text") or ""
    return f"{who}: {said}" if who else said


def only(task, rows, field):
    """Leaves of all modalities of a task but one, or but some.

    Candidates are left in any case: without them there is no answer.

    Args:
        task: A `tasks.Classify`.
        rows: Rows of a data set.
        field: Name of a modality, or of several, joined by `+`, or `None` to
            leave all.

    Returns:
        List of rows.

    Raises:
        ValueError: If the task has no such modality.
    """
    if field is None:
        return rows
    left = field.split("+")
    if not set(left) <= set(task.fields):
        raise ValueError(
            f"Expected one of {', '.join(task.fields)}, or several joined by "
            f"'+'. Received: {field!r}"
        )
    gone = set(task.fields) - {*left, "candidates"}
    return [{k: v for k, v in row.items() if k not in gone} for row in rows]


def placed(task, rows):
    """Gives rows the labels that a task knows.

    Returns:
        List of rows; of a task that takes candidates their `"label"` is the
        place among them of what it was.

    Raises:
        ValueError: If the right answer is no candidate.
    """
    if "candidates" not in task.fields:
        return rows
    found = []
    for row in rows:
        candidates = (row.get("candidates") or "").split("\n")
        if row["label"] not in candidates:
            raise ValueError(
                f"The answer of {row['id']} must be one of its candidates. "
                f"Received: {row['label']!r}, {candidates[:5]}"
            )
        place = str(candidates.index(row["label"]))
        found.append({**row, "label": place})
    return found


def num_examples(name, data):
    """Counts what batches of an architecture consist of.

    Args:
        name: Architecture.
        data: A `Data`.

    Returns:
        int, the training rows, or the groups of them if the model judges
        whole groups.
    """
    architecture = registry.get(name)
    tiny = registry.build_model(name, **architecture.tiny)
    rows = data.train
    return len(grouped(rows) if _takes_groups(tiny) else rows)


def examples(task, rows, progress=None, keep=True):
    """Encodes rows as a task's model takes them; see `Examples`."""
    if _takes_groups(task.model):
        rows = grouped(rows, task.model.output_shape[1])
    rows = placed(task, rows)
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
        recipe: A `Recipe`; what it leaves out, `recipes.resolve` chooses. Its
            `modality_dropout` is how often each modality is hidden from the
            model, though never all of an example, nor the candidates, unless
            it asks for `every_subset`.
        seed: int.
        progress: Function of the files encoded and in all.
        verbose: As of `keras.Model.fit`.
        also: Further Keras callbacks, called last.

    Returns:
        Dict as of `captions.fit`.
    """
    train = examples(task, data.train, progress)
    val = examples(task, data.val, progress)
    recipe = recipes.resolve(recipe, len(train))
    size = min(recipe.batch_size, len(train))
    count = len(train) // size
    model, images = task.model, None
    if recipe.every_subset:
        model = subsets.every_subset(model)
    elif recipe.share_images and train.has("image"):
        images = train.images
        share = pipeline.together(images, size)
        count = len(np.unique(images)) // (size // share)
        model = _once(model, share)
    optimizers.compile_model(model, _loss(task, recipe), recipe, count)
    chooser = _chooser(task, recipe)

    def batches(start):
        return _batches(task, recipe, train, size, seed, start, images)

    first = batches(0)
    statistics = normalization.Statistics(model, first, size, count)
    parts = [
        callbacks.Validate(
            folder / "best.npz",
            lambda: _validate(task, val, chooser),
            chooser,
            recipe.patience,
            statistics,
        ),
        callbacks.LogCurves(folder),
        callbacks.FailOnNaN(),
    ]
    saver = checkpoint.Checkpoint(folder / "checkpoint.npz", parts[:-1])
    done = saver.resume(model)
    last = [*also, callbacks.StopAfterStep()]
    since = time.perf_counter()
    if done < recipe.epochs and not parts[0].stopped(done):
        with interrupts.deferred():
            model.fit(
                batches(done) if done else first,
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=count,
                callbacks=[*parts, saver, *last],
                verbose=verbose,
                shuffle=False,
            )
    best = checkpoint.restore(folder / "best.npz", model)
    statistics.check(task.codecs["label"].kind)
    curves = parts[-2].state
    return {
        "seconds": round(sum(row["seconds"] for row in curves)),
        "session_seconds": round(time.perf_counter() - since),
        "epochs": len(curves),
        "best_epoch": best["epoch"] + 1,
        "monitor": chooser,
        "corrupt": [*train.bad, *val.bad],
    }


def _batches(task, recipe, train, size, seed, start, images):
    """Training batches from an epoch on."""
    batches = pipeline.judging(
        task.scale,
        train.gather,
        len(train),
        size,
        recipe.epochs,
        seed,
        start,
        _dropout(task, recipe),
        _change(task) if recipe.augment else None,
        train.lengths if recipe.by_length else None,
        images,
    )
    if recipe.every_subset:
        shown = subsets.count_of(len(task.fields))
        batches = pipeline.repeated(batches, shown)
    return batches


def _once(model, share):
    """The model, its image branch run once for so many examples together.

    It shares its weights with the model. What the branch gives is found as
    the input of the layer `seen`.
    """
    given = {k: v for k, v in model.input.items() if k != "image"}
    pixels = model.input["image"]
    seen = model.get_layer("seen").input
    branch = keras.Model(pixels, seen)
    histories = [(x, x._keras_history) for x in given.values()]
    rest = keras.Model([seen, *given.values()], model.output)
    for x, history in histories:  # Keras writes them anew, for the rest only.
        x._keras_history = history
    image = keras.Input(pixels.shape[1:], name="image")
    others = {
        k: keras.Input(v.shape[1:], dtype=v.dtype, name=k)
        for k, v in given.items()
    }
    x = keras.ops.repeat(branch(image), share, axis=0)
    logits = rest([x, *others.values()])
    return keras.Model({"image": image, **others}, logits, name="trainee")


def _dropout(task, recipe):
    """How often each modality is hidden: never what the answer is one of."""
    spared = [field == "candidates" for field in task.fields]
    if recipe.every_subset:
        return 0.0
    return np.where(spared, 0.0, recipe.modality_dropout)


def _change(task):
    """What changes a batch's sounds at random."""
    heard = [f for f in task.fields if task.codecs[f].kind == "audio"]

    def change(x, draw):
        return x | {field: augment.sounds(x[field], draw) for field in heard}

    return change if heard else None


def _takes_groups(model):
    """Whether a model judges every step of a sequence of examples."""
    return len(model.output_shape) == 3 and "tokens" not in model.input


def _loss(task, recipe):
    kind = task.codecs["label"].kind
    if kind == "number":
        return keras.losses.MeanAbsoluteError()
    if kind == "text":
        return losses.TokenCrossentropy(recipe.label_smoothing)
    loss = {
        "single": keras.losses.CategoricalCrossentropy,
        "multi": keras.losses.BinaryCrossentropy,
    }[kind]
    return loss(from_logits=True, label_smoothing=recipe.label_smoothing)


def _chooser(task, recipe):
    """What chooses the best epoch: by default what users will ask for.

    Taught every subset of its modalities, a judge is chosen by all of them.
    """
    kind = task.codecs["label"].kind
    name = {"multi": "f1_macro", "number": "loss"}.get(kind, "accuracy")
    if recipe.monitor in ("loss", "f1_weighted"):
        name = recipe.monitor
    return f"{_SUBSETS if recipe.every_subset else 'val_'}{name}"


def _validate(task, val, chooser):
    """Figures of validation; of a mean over all subsets, if that chooses."""
    figures = _figures(task, val)
    if chooser.startswith(_SUBSETS):
        name = chooser.replace(_SUBSETS, "val_")
        parts = subsets.of(task.fields)[:-1]
        found = [_figures(task, val, part)[name] for part in parts]
        figures[chooser] = np.mean([*found, figures[name]])
    return figures


def _figures(task, val, only=None):
    logits = val.logits(task, only)
    chances = val.chances(task, logits)
    scores = task.score(val.labels, chances)
    figures = {f"val_{name}": value for name, value in scores.items()}
    figures = {k: v for k, v in figures.items() if k in _CURVES}
    return {"val_loss": val.loss(task, logits), **figures}
