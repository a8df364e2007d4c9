"""Writes a run as a preset: a folder to share; see `mmkeras.hub.presets`."""

import datetime
import importlib.metadata
import os
import pathlib
import re
import shutil

import keras

from mmkeras import hub
from mmkeras import registry
from mmkeras import tasks
from mmkeras.data import codecs
from mmkeras.data import datasets
from mmkeras.data import splits
from mmkeras.data.datasets import terms
from mmkeras.evaluation import formats
from mmkeras.evaluation import runs as evaluations
from mmkeras.files import atomic
from mmkeras.files import digests
from mmkeras.serving import half_precision
from mmkeras.serving import model_card
from mmkeras.training import commands
from mmkeras.training import folder as run_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")  # As on the hub.


def write(run, folder, license=None, evaluate=False, reporter=None):
    """Writes a trained and evaluated run as a preset.

    The folder appears at once when it is complete.

    Args:
        run: Folder of a run.
        folder: The folder to make; its last part is the preset's name.
        license: Identifier of the model's licence on the Hugging Face Hub, or
            `None` for that of the training data.
        evaluate: bool. Whether to measure the figures of the card again, with
            the weights in half precision, rather than to state those of the
            run. Generated texts may differ slightly.
        reporter: A `training.reporter.Reporter`, for `evaluate`.

    Returns:
        The folder, a `pathlib.Path`.

    Raises:
        FileExistsError: If the folder exists.
        FileNotFoundError: If the run is not finished.
        ValueError: If the name is not allowed on the hub.
    """
    run, folder = pathlib.Path(run), pathlib.Path(folder)
    _check(run, folder)
    task = tasks.load(run)
    card = _card(run)
    folder.parent.mkdir(parents=True, exist_ok=True)
    atomic.remove_leftovers(folder.parent)
    part = atomic.temporary(folder)
    part.mkdir()
    try:
        _write_model(task, part)
        _write_notes(run, card, part)
        _write_cards(folder.name, task, card, license, part)
        if evaluate:
            _evaluate(run, part, reporter)
            _write_cards(folder.name, task, card, license, part)
        os.rename(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _check(run, folder):
    if not _NAME.fullmatch(folder.name):
        raise ValueError(
            "The name of a preset must have 1 to 96 letters, digits, '.', '_' "
            f"and '-', and begin with a letter or digit. Received: "
            f"{folder.name!r}"
        )
    if folder.exists():
        raise FileExistsError(
            f"{folder} exists. Give another name, or remove it first."
        )
    if hub.is_preset(run):
        raise ValueError(f"{run} is a preset already. Copy its folder.")
    names = ("task.json", "run.json", "training.json", "results.json")
    missing = [name for name in names if not (run / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{run} is not a finished run: {', '.join(missing)} is missing. "
            "Train it with `mmkeras train`, and evaluate it with `mmkeras "
            f"evaluate {run} --split test`."
        )
    run_folder.check(run)


def _card(run):
    """The run's `run.json`, with the last parts of all paths."""
    card = run_folder.read_card(run)
    arguments = dict(card["arguments"])
    arguments["model"] = {
        key: commands.portable_value(f"model.{key}", value)
        for key, value in arguments["model"].items()
    }
    arguments["data"] = {
        key: commands.portable_value(f"data.{key}", value)
        for key, value in arguments["data"].items()
    }
    if arguments.get("init"):
        arguments["init"] = pathlib.PurePath(arguments["init"]).name
    return {
        **card,
        "command": commands.portable(card["command"]),
        "arguments": arguments,
        "path": None,
        "folder": None,
    }


def _facts(name, task, card, results, license):
    """What `mmkeras list --presets` shows."""
    arguments = card["arguments"]
    terms_of_data = terms.get(arguments["dataset"])
    split = "test" if "test" in results else next(iter(results), None)
    metrics = results[split]["metrics"] if split else {}
    figure = ""
    if task.metric in metrics:
        value = formats.figure(task.metric, metrics[task.metric])
        figure = f"{formats.title(task.metric)} {value}"
        figure += "" if split == "test" else f" ({split})"
    return {
        "name": name,
        "architecture": arguments["architecture"],
        "task": registry.get(arguments["architecture"]).task,
        "data": arguments["dataset"],
        "license": license or terms_of_data.license,
        "license_name": "" if license else terms_of_data.name,
        "terms": terms_of_data.text,
        "parameters": task.model.count_params(),
        "figure": figure,
    }


def _write_model(task, part):
    config, weights = (part / name for name in hub.MODEL_FILES)
    atomic.write_json(config, keras.saving.serialize_keras_object(task.model))
    task.model.save_weights(weights)
    half_precision.convert(weights)
    card = {
        "task": task.name,
        "codecs": {
            field: codecs.to_config(codec)
            for field, codec in task.codecs.items()
        },
    }
    atomic.write_json(part / "task.json", card)


def _write_notes(run, card, part):
    atomic.write_json(part / "run.json", card)
    training = atomic.read_json(run / "training.json", dict)
    training["corrupt"] = []  # Names of files.
    training["run"] = run_folder.digest(part)
    atomic.write_json(part / "training.json", training)
    results = atomic.read_json(run / "results.json", dict)
    atomic.write_json(part / "results.json", results)


def _write_cards(name, task, card, license, part):
    """Writes the model card and the metadata, anew if they are there."""
    (part / hub.CARD).unlink(missing_ok=True)
    results = atomic.read_json(part / "results.json", dict)
    facts = _facts(name, task, card, results, license)
    text = model_card.write(facts, task, card, part)
    (part / "README.md").write_text(text, "utf-8")
    files = {p.name: digests.digest(p) for p in sorted(part.iterdir())}
    metadata = {**_versions(task), "preset": facts, "sha256": files}
    atomic.write_json(part / hub.CARD, metadata)


def _evaluate(run, part, reporter):
    """Measures the metrics of each split with the preset's own weights."""
    card = run_folder.read_card(run)
    results = atomic.read_json(part / "results.json", dict)
    for split in sorted({*results} & {*splits.SPLITS}):
        entry = results[split]
        data = entry["data"]
        if not datasets.is_published(data):
            data = card.get("path")
        results[split] = {
            **entry,
            "metrics": evaluations.evaluate(
                *(part, split, data, card.get("folder")),
                generate=entry["generate"],
                reporter=reporter,
            ).metrics,
        }
    atomic.write_json(part / "results.json", results)


def _versions(task):
    """The entries of KerasHub's `metadata.json`, and our version."""
    version = importlib.metadata.version
    return {
        "keras_version": version("keras"),
        "keras_hub_version": version("keras-hub"),
        "mmkeras_version": version("mmkeras"),
        "parameter_count": task.model.count_params(),
        "date_saved": f"{datetime.datetime.now():%Y-%m-%d@%H:%M:%S}",
    }
