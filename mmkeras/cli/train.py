"""`mmkeras train`."""

import dataclasses
import enum
import pathlib
from typing import Annotated

import typer

from mmkeras.cli import options


class Monitor(enum.StrEnum):
    """What chooses the best epoch."""

    CIDER = "cider"
    LOSS = "loss"


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
    init: Annotated[
        str | None,
        typer.Option(
            help="Folder of a run of the same architecture, to start with its "
            "weights and words."
        ),
    ] = None,
    network: Annotated[
        str, typer.Option(help="Image network of keras.applications.")
    ] = "MobileNetV2",
    image_size: Annotated[
        int | None, typer.Option(help="Side of the pictures, in pixels.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
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
        float | None, typer.Option(help="Momentum of averaged weights.")
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
            help="Change pictures at random, if all of the image branch is "
            "trained."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Argument of the builder, e.g. dim=256."),
    ] = None,
    length: Annotated[int, typer.Option(help="Ids of a caption.")] = 20,
    minimum: Annotated[
        int, typer.Option(help="How often a word must occur.")
    ] = 5,
    precision: Annotated[
        str, typer.Option(help="auto, float32, mixed_bfloat16, mixed_float16.")
    ] = "auto",
    seed: int = 0,
    beam: options.Beam = 3,
    length_penalty: options.LengthPenalty = 0.7,
    consensus: options.Consensus = 0.0,
    results: options.Results = None,
    overwrite: Annotated[
        bool, typer.Option(help="Delete another run in the folder.")
    ] = False,
):
    """Train a captioner; give the same command again to resume.

    Validation figures choose the best epoch. The test split is measured only
    for `--results`, or by `mmkeras evaluate`.
    """
    import keras

    from mmkeras.cli import evaluate
    from mmkeras.cli import progress
    from mmkeras.data import datasets
    from mmkeras.training import captions
    from mmkeras.training import recipes
    from mmkeras.training.folder import RunFolder

    recipe = recipes.find(name)
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
    }
    changes = {k: v for k, v in changes.items() if v is not None}
    settings = {**recipe.settings, **_settings(set_ or [])}
    recipe = dataclasses.replace(recipe, settings=settings, **changes)
    source = datasets.find(data)
    rows = captions.Data(
        source.rows("train", folder), source.rows("val", folder)
    )
    build = {
        "weights": weights,
        "network": network,
        "image_size": image_size,
        "length": length,
        "minimum": minimum,
        "policy": precision,
        "fine_tune": True if fine_tune == "all" else fine_tune or False,
        "init": init,
    }
    arguments = {
        "model": name,
        "data": data,
        "fingerprint": rows.fingerprint,
        "seed": seed,
        "recipe": dataclasses.asdict(recipe),
        **build,
    }
    notes = {
        "folder": str(pathlib.Path(folder).resolve()) if folder else None,
        "before": _before(init),
    }
    run_folder = RunFolder(out)
    with run_folder.open(arguments, overwrite, **notes) as held:
        keras.utils.set_random_seed(seed)
        task = captions.build(name, rows, recipe, **build)
        with progress.epochs(recipe.epochs) as shown:
            training = captions.fit(
                task,
                rows,
                held.path,
                recipe,
                seed,
                progress.counter("pictures"),
                verbose=0,
                also=[shown],
            )
        for row, error in training["corrupt"]:
            typer.echo(f"Left out {row}: {error}", err=True)
        task.save(held.path)
        held.write("training.json", training)
        keras.config.set_dtype_policy("float32")
        asked = evaluate.search(beam, length_penalty, consensus)
        for split in ("val", "test") if results else ("val",):
            evaluate.evaluate(held.path, split, data, folder, asked, results)
    typer.echo(f"The run lies in {pathlib.Path(out)}.")


def _before(init):
    """The commands that made the run to start from, and their seconds."""
    from mmkeras.cli import evaluate
    from mmkeras.training import atomic

    files = [pathlib.Path(init or "", f"{x}.json") for x in ("run", "training")]
    if not init or not all(file.exists() for file in files):
        return None
    card, training = map(atomic.read_json, files)
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
