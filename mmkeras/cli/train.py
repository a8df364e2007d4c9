"""`mmkeras train`."""

import dataclasses
import enum
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import skipped

# Of texts, by the architecture's task; of one that takes a history, of a turn.
_LENGTHS = {"vqa": 20, "history": 24, "emotion": 32, "dialogue": 200}


class Monitor(enum.StrEnum):
    """What chooses the best epoch."""

    ACCURACY = "accuracy"
    CIDER = "cider"
    F1_WEIGHTED = "f1_weighted"
    LOSS = "loss"


class Reward(enum.StrEnum):
    """What a captioner's own sentences are judged by."""

    BLEU = "bleu"
    CIDER = "cider"
    BOTH = "bleu+cider"


def run(
    name: Annotated[str, typer.Argument(help="Name of the architecture.")],
    data: options.Data,
    out: Annotated[str, typer.Option(help="Folder of the run.")],
    folder: options.Folder = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Weights of the image network: a file, or 'imagenet' to "
            "download. Without: the images' branch is trained from scratch."
        ),
    ] = None,
    fine_tune: Annotated[
        str | None,
        typer.Option(
            help="Train the image network on, from this layer, or 'all'. What "
            "is before the layer is computed once."
        ),
    ] = None,
    stem: Annotated[
        str | None,
        typer.Option(
            help="A layer of an image network that is not fine-tuned: keep "
            "what is before it, so that a later --fine-tune from there need "
            "not compute it."
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="Folder of a run of the same architecture, to start with its "
            "weights and words."
        ),
    ] = None,
    reward: Annotated[
        Reward | None,
        typer.Option(
            help="Teach a captioner, of --init, by what its own captions are "
            "worth (self-critical training)."
        ),
    ] = None,
    network: Annotated[
        str, typer.Option(help="Image network of keras.applications.")
    ] = "MobileNetV2",
    image_size: Annotated[
        int | None, typer.Option(help="Side of the images, in pixels.")
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
            help="Learning rate of the image branch, in parts of the others' "
            "(0.2 with --fine-tune).",
        ),
    ] = None,
    label_smoothing: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    ema: Annotated[
        float | None,
        typer.Option(help="Decay of averaged weights, after it warmed up."),
    ] = None,
    monitor: Annotated[
        Monitor | None,
        typer.Option(help="Of validation; what chooses the best epoch."),
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help="Epochs without a better one.")
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option(
            help="Change a judge's sounds, or images if all of the image "
            "branch is trained, at random."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Argument of the builder, e.g. dim=256."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="Length of a sound. [default: 2]"),
    ] = None,
    modality_dropout: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="How often each modality is hidden. (0.2)"
        ),
    ] = None,
    every_subset: Annotated[
        bool | None,
        typer.Option(
            help="Teach a judge with every subset of the modalities of each "
            "example, instead of hiding some now and then."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Teach a judge of several modalities one of them alone, or "
            "some, e.g. image+question; the others are absent."
        ),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            help="Ids of a text. [default: 20 of a caption or question, 24 of "
            "a turn about an image, 32 of one alone, 200 of a talk, else 60]"
        ),
    ] = None,
    minimum: Annotated[
        int | None,
        typer.Option(
            help="How often a word must occur. [default: 5 in captions, else 2]"
        ),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            help="File of word vectors that a judge begins with: word2vec's "
            "text or binary, GloVe's text, or .npz."
        ),
    ] = None,
    answers: Annotated[
        int | None,
        typer.Option(
            min=2, help="Answers to questions to choose among. [default: 3000]"
        ),
    ] = None,
    target: options.Target = None,
    precision: Annotated[
        str, typer.Option(help="auto, float32, mixed_bfloat16, mixed_float16.")
    ] = "auto",
    seed: int = 0,
    beam: options.Beam = 3,
    length_penalty: options.LengthPenalty = 0.7,
    consensus: options.Consensus = 0.0,
    samples: options.Samples = 0,
    word_penalty: options.WordPenalty = 0.5,
    results: options.Results = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            help="Delete another run in the folder. The same run goes on."
        ),
    ] = False,
):
    """Train a model of the zoo; give the same command again to resume.

    Validation figures choose the best epoch. The test split is measured only
    for `--results`, or by `mmkeras evaluate`.
    """
    from mmkeras import registry
    from mmkeras.cli import evaluate
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
        "augment": augment,
        "modality_dropout": modality_dropout,
        "every_subset": every_subset,
    }
    changes = {k: v for k, v in changes.items() if v is not None}
    settings = {**recipe.settings, **_settings(set_ or [])}
    recipe = dataclasses.replace(recipe, settings=settings, **changes)
    architecture = registry.get(name)
    captions = architecture.task == "caption"
    build = {"image_size": image_size, "policy": precision}
    if captions:
        build |= {
            "weights": weights,
            "network": network,
            "length": length or 20,
            "minimum": minimum or 5,
            "fine_tune": True if fine_tune == "all" else fine_tune or False,
            "init": init,
            **({"stem": stem} if stem else {}),
        }
    else:
        talks = "history_shape" in architecture.arguments
        texts = "history" if talks else architecture.task
        build |= {
            "seconds": seconds,
            "length": length or _LENGTHS.get(texts, 60),
            "minimum": minimum or 2,
            **({"answers": answers or 3000} if texts == "vqa" else {}),
            **({"vectors": vectors} if vectors else {}),
            **({"target": str(target)} if target else {}),
        }
    if init and pathlib.Path(init).resolve() == pathlib.Path(out).resolve():
        raise ValueError(
            "A run that starts from another needs a folder of its own. "
            f"Received: --init {init} and --out {out}"
        )
    if reward and not (captions and init):
        raise ValueError(
            "--reward judges what a captioner says already: give an "
            f"architecture for captions and its run with --init. Received: "
            f"{name}, init={init}"
        )
    if captions:
        _leave_out("judges; a captioner has one modality", only=only)
        _leave_out("judges; a captioner writes captions", target=target)
        _leave_out(f"judges; {name} learns its own", vectors=vectors)
    else:
        _leave_out(
            f"captioners; {name} is trained from scratch",
            weights=weights,
            fine_tune=fine_tune,
            stem=stem,
            init=init,
        )
    rows, notes, skipped = datasets.read(
        data, ("train", "val"), folder, build.get("target")
    )
    for note in [*_labels(captions, rows), *notes]:
        typer.echo(problems.printable(note))
    if skipped:
        typer.echo(skipped, err=True)
    asked = options.search(
        beam, length_penalty, consensus, samples, word_penalty
    )
    train(name, data, folder, rows, recipe, build, seed, out, overwrite, only)
    task = None
    for split in ("val", "test") if results else ("val",):
        task = evaluate.evaluate(
            pathlib.Path(out), split, data, folder, asked, results, task
        )
    typer.echo(f"The run lies in {pathlib.Path(out)}.")


def train(
    name,
    data,
    folder,
    rows,
    recipe,
    build,
    seed,
    out,
    overwrite=False,
    only=None,
):
    """Trains what a name and a recipe say, or goes on, in a run's folder.

    Args:
        name: Architecture.
        data: Name of the data set.
        folder: Where it lies, or `None`.
        rows: Tuple of its training and validation rows.
        recipe: A `recipes.Recipe`; what it leaves out is chosen by the number
            of training examples.
        build: Dict of further arguments of `captions.build` or
            `judgements.build`.
        seed: int.
        out: Folder of the run.
        overwrite: bool. Whether to delete another run there.
        only: The one modality that a judge is taught, or `None` for all.
    """
    import keras

    from mmkeras import registry
    from mmkeras.cli import progress
    from mmkeras.training import captions
    from mmkeras.training import judgements
    from mmkeras.training import recipes
    from mmkeras.training.folder import RunFolder
    from mmkeras.training.folder import digest

    task = registry.get(name).task
    engine = captions if task == "caption" else judgements
    rows = engine.Data(*rows)
    count = engine.num_examples(name, rows)
    stated, recipe = recipe, recipes.resolve(recipe, count)
    arguments = {
        "model": name,
        "data": data,
        "fingerprint": rows.fingerprint,
        "seed": seed,
        "recipe": recipe.to_dict(),
        **build,
        **_files_of(build),
        **({"only": only} if only else {}),
    }
    notes = {
        "folder": str(pathlib.Path(folder).resolve()) if folder else None,
        "before": _before(build.get("init")),
    }
    unit = "images" if task == "caption" else "files"
    owner = RunFolder(out, lambda text: typer.echo(text, err=True))
    with owner.open(arguments, overwrite, **notes) as held:
        if stated != recipe:
            typer.echo(_chosen(stated, recipe, count))
        keras.utils.set_random_seed(seed)
        task = engine.build(name, rows, recipe, **build)
        for note in _text_notes(task, [*rows.train, *rows.val]):
            typer.echo(note)
        if only:
            left = (engine.only(task, r, only) for r in (rows.train, rows.val))
            rows = engine.Data(*left)
        with progress.epochs(recipe.epochs) as shown:
            training = engine.fit(
                task,
                rows,
                held.path,
                recipe,
                seed,
                progress.counter(unit),
                verbose=0,
                also=[shown],
            )
        skipped.show(training["corrupt"])
        typer.echo(_best_epoch(training))
        task.save(held.path)
        held.write("training.json", {**training, "run": digest(held.path)})
        keras.config.set_dtype_policy("float32")


def _best_epoch(training):
    """Describes which epoch was kept, and by which metric."""
    lowest = training["monitor"].endswith("loss")
    ties = "" if lowest else "; equal ones: the lowest val_loss"
    return (
        f"Kept epoch {training['best_epoch']} of {training['epochs']}: "
        f"{'lowest' if lowest else 'highest'} {training['monitor']}{ties}."
    )


def _labels(captions, rows):
    """Says in a line what the labels of training are, if rows have any."""
    from mmkeras.data import label_kinds

    if captions or "question" in rows[0][0]:
        return []
    return [label_kinds.describe([row["label"] for row in rows[0]])]


def _files_of(build):
    """Digests of the files that a training starts from, by option."""
    from mmkeras.files import digests

    files = {option: build.get(option) for option in ("weights", "vectors")}
    if build.get("init"):
        files["init"] = str(pathlib.Path(build["init"], "task.json"))
    found = {option: digests.digest(file) for option, file in files.items()}
    found = {option: value for option, value in found.items() if value}
    return {"files": found} if found else {}


def _chosen(stated, recipe, count):
    """Says what was chosen by the number of examples, and how to state it."""
    sizes = {
        "--batch-size": (stated.batch_size, recipe.batch_size),
        "--epochs": (stated.epochs, recipe.epochs),
    }
    chosen = [f"{k} {new}" for k, (old, new) in sizes.items() if old is None]
    return f"Chosen for {count} training examples: {' '.join(chosen)}"


def _text_notes(task, rows):
    """Says how texts are split, and what is cut."""
    from mmkeras.data import check_texts
    from mmkeras.data import truncation

    texts = [{"text": x} for row in rows for x in row.get("captions", [])]
    sizes = truncation.measure(task.codecs, texts or rows)
    return [
        *check_texts.describe_split(task.codecs),
        *truncation.describe(task.codecs, sizes),
    ]


def _leave_out(whose, **options):
    """Refuses options that others alone have; `whose` names them, and why."""
    for option, value in options.items():
        if value:
            raise ValueError(
                f"--{option.replace('_', '-')} is of {whose}. Received: {value}"
            )


def _before(init):
    """The commands that made the run to start from, and their seconds."""
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
    """Reads `key=value` pairs; values are numbers where they can be."""
    import json

    found = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark:
            raise ValueError(f"--set takes key=value. Received: {pair}")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
