"""`mmkeras train`."""

import dataclasses
import enum
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import skipped

# Modalities that are changed at random, by the option.
_AUGMENT = {True: ("image", "audio"), False: ()}


class Monitor(enum.StrEnum):
    """Metric that selects the best epoch."""

    ACCURACY = "accuracy"
    CIDER = "cider"
    F1_WEIGHTED = "f1_weighted"
    LOSS = "loss"


class Reward(enum.StrEnum):
    """Reward of self-critical training."""

    BLEU = "bleu"
    CIDER = "cider"
    BOTH = "bleu+cider"


def run(
    name: Annotated[str, typer.Argument(help="Name of the architecture.")],
    data: options.Data,
    out: Annotated[str, typer.Option(help="Folder of the run.")],
    folder: options.Folder = None,
    column: options.Columns = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Weights of the image network: a file, or 'imagenet' to "
            "download them. [default: the image branch is trained from "
            "scratch]"
        ),
    ] = None,
    fine_tune: Annotated[
        str | None,
        typer.Option(
            help="Continue training the image network: all of it ('all'), or "
            "from this layer on. The layers before it stay frozen, and their "
            "outputs are computed once."
        ),
    ] = None,
    stem: Annotated[
        str | None,
        typer.Option(
            help="For an image network that is not fine-tuned: cache its "
            "outputs up to this layer, so that a later --fine-tune from this "
            "layer can reuse them."
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="Folder of a run of the same architecture to take the "
            "initial weights and the vocabulary from."
        ),
    ] = None,
    reward: Annotated[
        Reward | None,
        typer.Option(
            help="Continue a captioning model from --init with self-critical "
            "training, with this metric of its own captions as the reward."
        ),
    ] = None,
    network: Annotated[
        str, typer.Option(help="Image network, a name of keras.applications.")
    ] = "MobileNetV2",
    image_size: Annotated[
        int | None,
        typer.Option(help="Height and width of the images, in pixels."),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of epochs. [default: chosen by the number of training "
            "examples]",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Examples per batch. [default: chosen by the number of "
            "training examples]",
        ),
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0)] = None,
    branch_rate: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Learning rate of the image branch, as a fraction of the "
            "learning rate of the other layers. [default with --fine-tune: "
            "0.2]",
        ),
    ] = None,
    label_smoothing: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    ema: Annotated[
        float | None,
        typer.Option(
            help="Decay of the exponential moving average (EMA) of the "
            "weights, after warm-up."
        ),
    ] = None,
    monitor: Annotated[
        Monitor | None,
        typer.Option(help="Validation metric that selects the best epoch."),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after this many epochs without an improvement."
        ),
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option(
            help="Augment images at random, where the whole image branch is "
            "trained, and audio. [default: audio only]"
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Argument of the model's builder, e.g. dim=256."
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="Audio length in seconds. [default: 2]"),
    ] = None,
    modality_dropout: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Probability of hiding each modality. (0.2)"
        ),
    ] = None,
    every_subset: Annotated[
        bool | None,
        typer.Option(
            help="For classifiers: train on every subset of the modalities of "
            "each example, instead of hiding modalities at random."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="For multimodal classifiers: train on one modality only, or "
            "on several, e.g. image+question; all others are absent."
        ),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            help="Maximum sequence length of a text, in token ids. [default: "
            "20 for a caption or question, 24 for a dialogue turn about an "
            "image, 32 for a single utterance, 200 for a dialogue, 60 for all "
            "else]"
        ),
    ] = None,
    minimum: Annotated[
        int | None,
        typer.Option(
            help="Minimum count of a word. [default: 5 in captions, 2 in "
            "other texts]"
        ),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            help="File of word vectors to initialize the "
            "embeddings with (word2vec text or binary, GloVe text, or .npz)."
        ),
    ] = None,
    answers: Annotated[
        int | None,
        typer.Option(
            min=2, help="Number of answers to choose among. [default: 3000]"
        ),
    ] = None,
    target: options.Target = None,
    precision: Annotated[
        str, typer.Option(help="auto, float32, mixed_bfloat16, mixed_float16.")
    ] = "auto",
    seed: int = 0,
    beam: options.Beam = None,
    length_penalty: options.LengthPenalty = None,
    consensus: options.Consensus = 0.0,
    samples: options.Samples = 0,
    word_penalty: options.WordPenalty = 0.5,
    results: options.Results = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            help="Delete another run in the folder. The same run is resumed."
        ),
    ] = False,
):
    """Train a model of the zoo; run the same command again to resume.

    The best epoch is selected on validation. The test split is evaluated only
    with `--results`, or by `mmkeras evaluate`.
    """
    from mmkeras import registry
    from mmkeras import tasks
    from mmkeras.cli import evaluate
    from mmkeras.cli import reading
    from mmkeras.data import datasets
    from mmkeras.data import problems
    from mmkeras.training import recipes

    recipe = recipes.get(name)
    if reward:
        recipe = recipes.rewarded(recipe, str(reward))
    if fine_tune and branch_rate is None:
        branch_rate = 0.2
    changes = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "branch_rate": branch_rate,
        "label_smoothing": label_smoothing,
        "ema": ema,
        "monitor": monitor and str(monitor),
        "patience": patience,
        "augment": _AUGMENT.get(augment),
        "modality_dropout": modality_dropout,
        "every_subset": every_subset,
    }
    changes = {k: v for k, v in changes.items() if v is not None}
    settings = {**recipe.settings, **_settings(set_ or [])}
    recipe = dataclasses.replace(recipe, settings=settings, **changes)
    build = {
        "image_size": image_size,
        "weights": weights,
        "network": network if weights else None,
        "fine_tune": True if fine_tune == "all" else fine_tune,
        "stem": stem,
        "init": init,
        "seconds": seconds,
        "length": length,
        "minimum": minimum,
        "answers": answers,
        "vectors": vectors,
        "target": target and str(target),
    }
    build = {k: v for k, v in build.items() if v is not None}
    build["policy"] = precision
    if init and pathlib.Path(init).resolve() == pathlib.Path(out).resolve():
        raise ValueError(
            "`--init` and `--out` must be different folders. Received: --init "
            f"{init} and --out {out}"
        )
    architecture = registry.get(name)
    kind = tasks.of(architecture)
    if reward and not (kind.texts_differ and init):
        raise ValueError(
            "--reward continues the training of a captioning model: it "
            "expects a captioning architecture and --init with a run of it. "
            f"Received: {name}, init={init}"
        )
    has_labels = kind.target_field == "label"
    if target and not has_labels:
        raise ValueError(
            f"{name} has no option --target: captions have no labels. Omit "
            f"--target. Received: --target {target}"
        )
    source = {
        "source": data,
        "folder": folder,
        "kind": datasets.kind_for(architecture.task),
        "columns": reading.columns_of(column),
    }
    rows, notes, skipped = datasets.read(
        splits=("train", "val"), target=build.get("target"), **source
    )
    for note in [*_labels(has_labels, rows), *notes]:
        typer.echo(problems.printable(note))
    if skipped:
        typer.echo(skipped, err=True)
    asked = options.search(
        beam, length_penalty, consensus, samples, word_penalty
    )
    train(name, source, rows, recipe, build, seed, out, overwrite, only)
    task = None
    for split in ("val", "test") if results else ("val",):
        task = evaluate.evaluate(
            *(pathlib.Path(out), split, data, folder, source["columns"]),
            *(asked, results, task),
        )
    typer.echo(f"Run saved to {pathlib.Path(out)}.")


def train(
    name,
    source,
    rows,
    recipe,
    build,
    seed,
    out,
    overwrite=False,
    only=None,
):
    """Trains an architecture in a run's folder, or resumes its training.

    Args:
        name: Architecture.
        source: Dict of arguments of `datasets.read`: the data set, and where
            and how it is read.
        rows: Tuple of its training and validation rows.
        recipe: A `recipes.Recipe`; values that it does not set are chosen by
            the number of training examples.
        build: Dict of further arguments of `training.build.build`.
        seed: int.
        out: Folder of the run.
        overwrite: bool. Whether to delete another run there.
        only: The only modality to train a classifier on, or `None` for all.
    """
    import keras

    from mmkeras.cli import progress
    from mmkeras.data import datasets
    from mmkeras.tasks import modalities
    from mmkeras.training import build as building
    from mmkeras.training import engine
    from mmkeras.training import recipes
    from mmkeras.training.examples import Data
    from mmkeras.training.folder import RunFolder
    from mmkeras.training.folder import digest

    rows = Data(*rows)
    count = building.num_examples(name, rows)
    stated, recipe = recipe, recipes.resolve(recipe, count)
    # Own data may be moved: its fingerprint says whether it is the same.
    published = datasets.is_published(source["source"])
    arguments = {
        "model": name,
        "data": source["source"] if published else source["kind"],
        "fingerprint": rows.fingerprint,
        "seed": seed,
        "recipe": recipe.to_dict(),
        **build,
        **_files_of(build),
        **({"only": only} if only else {}),
    }
    notes = {
        **_place(source),
        "before": _before(build.get("init")),
    }
    owner = RunFolder(out, lambda text: typer.echo(text, err=True))
    with owner.open(arguments, overwrite, **notes) as held:
        if stated != recipe:
            typer.echo(_chosen(stated, recipe, count))
        keras.utils.set_random_seed(seed)
        task = building.build(name, rows, recipe, **build)
        for note in _text_notes(task, [*rows.train, *rows.val]):
            typer.echo(note)
        if only:
            rows = Data(
                *(
                    modalities.select(task, part, only)
                    for part in (rows.train, rows.val)
                )
            )
        with progress.epochs(recipe.epochs) as shown:
            training = engine.fit(
                task,
                rows,
                held.path,
                recipe,
                seed,
                progress.counter("files"),
                verbose=0,
                also=[shown],
            )
        skipped.show(training["corrupt"])
        typer.echo(_best_epoch(training))
        task.save(held.path)
        held.write("training.json", {**training, "run": digest(held.path)})
        keras.config.set_dtype_policy("float32")


def _place(source):
    """Says where the data is, and how its columns are called, for run.json."""
    from mmkeras.data import datasets

    data, folder = source["source"], source["folder"]
    path = None if datasets.is_published(data) else data
    return {
        "path": str(pathlib.Path(path).resolve()) if path else None,
        "folder": str(pathlib.Path(folder).resolve()) if folder else None,
        "columns": source["columns"] or {},
    }


def _best_epoch(training):
    """Describes which epoch was kept, and by which metric."""
    lowest = training["monitor"].endswith("loss")
    ties = "" if lowest else "; equal ones: the lowest val_loss"
    return (
        f"Kept epoch {training['best_epoch']} of {training['epochs']}: "
        f"{'lowest' if lowest else 'highest'} {training['monitor']}{ties}."
    )


def _labels(has_labels, rows):
    """Describes the training labels in a line, if the rows have any."""
    from mmkeras.data import label_kinds

    if not has_labels or "question" in rows[0][0]:
        return []
    return [label_kinds.describe([row["label"] for row in rows[0]])]


def _files_of(build):
    """Digests of the files that training starts from, by option."""
    from mmkeras.files import digests

    files = {option: build.get(option) for option in ("weights", "vectors")}
    if build.get("init"):
        files["init"] = str(pathlib.Path(build["init"], "task.json"))
    found = {option: digests.digest(file) for option, file in files.items()}
    found = {option: value for option, value in found.items() if value}
    return {"files": found} if found else {}


def _chosen(stated, recipe, count):
    """Describes the options chosen by the number of training examples."""
    sizes = {
        "--batch-size": (stated.batch_size, recipe.batch_size),
        "--epochs": (stated.epochs, recipe.epochs),
    }
    chosen = [f"{k} {new}" for k, (old, new) in sizes.items() if old is None]
    return f"Chosen for {count} training examples: {' '.join(chosen)}"


def _text_notes(task, rows):
    """Describes how texts are tokenized and truncated."""
    from mmkeras.data import check_texts
    from mmkeras.data import truncation

    texts = [{"text": x} for row in rows for x in row.get("captions", [])]
    sizes = truncation.measure(task.codecs, texts or rows)
    return [
        *check_texts.describe_split(task.codecs),
        *truncation.describe(task.codecs, sizes),
    ]


def _before(init):
    """The commands that made the initial run, and their time in seconds."""
    from mmkeras.cli import evaluate
    from mmkeras.files import atomic
    from mmkeras.training import folder as run_folder

    files = [pathlib.Path(init or "", f"{x}.json") for x in ("run", "training")]
    if not init or not all(file.exists() for file in files):
        return None
    card = run_folder.read_card(init)
    training = atomic.read_json(files[1], {"seconds": (int, float)})
    earlier = card.get("before") or {"commands": [], "seconds": 0}
    return {
        "commands": [
            *earlier["commands"],
            evaluate.portable(card["command"]),
        ],
        "seconds": earlier["seconds"] + training["seconds"],
    }


def _settings(pairs):
    """Parses `key=value` pairs; values are JSON, or else strings."""
    import json

    found = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark:
            raise ValueError(
                f"--set expects key=value, e.g. --set dim=256. Received: {pair}"
            )
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
