"""`mmkeras reproduce`."""

import pathlib
import shlex
import subprocess
import sys
import time
from typing import Annotated

import typer

from mmkeras.cli import options
from mmkeras.cli import settings

_COMMANDS = (["mmkeras", "train"], ["mmkeras", "evaluate"])
_RUN_OPTIONS = ("--out", "--init")  # Options whose value is a run's folder.
_TUNED = "train.fine_tune"
# Runs are resumed, not published, and read data from another folder.
_REMOVED_OPTIONS = ("--overwrite", "--results", "--folder")


def run(
    file: Annotated[
        str,
        typer.Argument(
            help="A results file, or the name of one of zoo/results, e.g. "
            "vqa-cnn-lstm--easy-vqa."
        ),
    ],
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Values that replace those of the commands that have the "
            "key, e.g. model.image=mobilenet.npz.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed to reproduce. [default: the first in the file]"
        ),
    ] = None,
    out: Annotated[str, typer.Option(help="Folder for the runs.")] = "runs",
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="Another data set than the one in the file; the path, if it "
            "is not a published one.",
        ),
    ] = None,
    folder: options.Folder = None,
):
    """Reproduce published results, and compare them with the published ones.

    Runs the commands that are stored with the results, one after the other.
    If interrupted, the same command resumes.
    """
    from mmkeras.files import atomic

    path = _path(file)
    if path.suffix != ".json" or not path.is_file():
        raise ValueError(
            f"{path} is not a results file. Give a file of zoo/results, such "
            "as zoo/results/caption-cnn-lstm--flickr8k.json, or its name."
        )
    content = atomic.read_json(path, {"seeds": dict})
    seed, entry = _entry(path, content, seed)
    expected = {"model": str, "data": str, "mean": dict}
    atomic.check_json(content, expected, path)
    replacements = {"--data": data, "--folder": folder}
    steps = commands(entry, pathlib.Path(out), replacements, _changes(pairs))
    _require_data(steps)
    since = time.perf_counter()
    for words in steps:
        typer.echo(f"$ mmkeras {shlex.join(words)}")
        process = subprocess.run([sys.executable, "-m", "mmkeras.cli", *words])
        if process.returncode:
            raise RuntimeError(
                f"mmkeras {words[0]} failed with exit code "
                f"{process.returncode}; see its output above. Run the same "
                "command again to resume."
            )
    minutes = (time.perf_counter() - since) / 60
    measured = atomic.read_json(pathlib.Path(steps[-1][1], "results.json"))
    _show(content, seed, entry, measured["test"]["metrics"], minutes)


def _path(file):
    """The path of a results file, which may be named as those of the zoo."""
    from mmkeras import registry

    path, zoo = pathlib.Path(file), registry.zoo_folder()
    if path.exists() or not zoo:
        return path
    named = zoo / "results" / f"{file}.json"
    return named if named.is_file() else path


def commands(entry, out, replacements, changes):
    """Adapts the commands of one seed's results to this machine.

    Args:
        entry: Dict of a seed, as stored by `training.results.merge`.
        out: Path of the folder for the runs.
        replacements: Dict from options to values, which replace those of the
            commands. Without a value, `--folder` is removed, as it is a path
            of another machine.
        changes: Dict from keys to values, which replace those of the
            commands.

    Returns:
        List of lists of words, each following `mmkeras`.

    Raises:
        ValueError: If a command does not train or evaluate.
    """
    adapted = []
    for command in [*entry["before"], entry["command"], entry["evaluation"]]:
        words = shlex.split(command)
        if words[:2] not in _COMMANDS or len(words) < 3:
            raise ValueError(
                "Expected a command `mmkeras train` or `mmkeras evaluate`. "
                f"Received: {command}"
            )
        _, verb, subject, *words = words
        if verb == "evaluate":
            subject = str(out / subject)
        adapted.append([verb, subject])
        for name, value in _options(words):
            if replacements.get(name):
                value = replacements[name]
            elif name in _REMOVED_OPTIONS:
                continue
            elif name in _RUN_OPTIONS:
                value = str(out / value)
            adapted[-1] += [name] if value is None else [name, value]
        adapted[-1] += _pairs(words, changes)
    return _sharing(adapted)


def _changes(pairs):
    """Parses pairs of keys and texts."""
    values = {}
    for pair in pairs or []:
        key, mark, value = pair.partition("=")
        if not mark or not settings.is_pair(pair):
            raise ValueError(
                "Expected key=value, e.g. model.image=mobilenet.npz. "
                f"Received: {pair}"
            )
        values[key] = value
    return values


def _pairs(words, changes=None):
    """The pairs of keys and values among words, with changed values."""
    values = dict(
        word.split("=", 1) for word in words if settings.is_pair(word)
    )
    for key in set(changes or {}) & set(values):
        network, mark, _ = values[key].rpartition(":")
        value = changes[key]
        if key == "model.image" and ":" not in value:
            value = f"{network}{mark}{value}"  # The same network's weights.
        values[key] = value
    return [f"{key}={value}" for key, value in values.items()]


def _require_data(commands):
    """Raises an error if data is neither published nor at its path."""
    from mmkeras.data import datasets

    for words in commands:
        data = dict(_options(words)).get("--data")
        is_available = data is None or datasets.is_published(data)
        if not (is_available or pathlib.Path(data).exists()):
            raise FileNotFoundError(
                f"The results are of data that is not published, {data!r}. "
                "Give its path with --data."
            )


def _sharing(commands):
    """Caches the outputs of a frozen image network for later fine-tuning.

    This changes results by rounding only: the outputs of the layers that both
    runs share are computed once, and rounded to float16 for both.
    """
    adapted, layer = [], None
    for words in reversed(commands):
        values = dict(pair.split("=", 1) for pair in _pairs(words))
        frozen = "model.image" in values and _TUNED not in values
        if layer and frozen and "train.cache_at" not in values:
            words = [*words, f"train.cache_at={layer}"]
        if values.get(_TUNED, "all") != "all":
            layer = values[_TUNED]
        adapted.insert(0, words)
    return adapted


def _options(words):
    """Yields pairs of an option and its value, `None` for flags."""
    for i, word in enumerate(words):
        if word.startswith("--"):
            after = words[i + 1] if i + 1 < len(words) else "--"
            is_flag = after.startswith("--") or settings.is_pair(after)
            yield word, None if is_flag else after


def _entry(path, content, seed):
    """The seed and its entry in the results file."""
    from mmkeras.files import atomic

    seeds = content["seeds"]
    seed = next(iter(seeds), "") if seed is None else str(seed)
    if seed not in seeds:
        raise ValueError(
            f"{path} has no results of seed {seed}. Seeds: {', '.join(seeds)}."
        )
    expected = {"before": list, "command": str, "evaluation": str}
    expected |= {"metrics": dict}
    atomic.check_json(seeds[seed], expected, path, f"seeds.{seed}")
    return seed, seeds[seed]


def _show(content, seed, entry, metrics, minutes):
    from rich.console import Console

    from mmkeras.evaluation import tables

    title = (
        f"{content['model']}, {content['data']}, test, after {minutes:.0f} min"
    )
    columns = {
        "here": metrics,
        f"published, seed {seed}": entry["metrics"],
        f"published, mean of {len(content['seeds'])}": content["mean"],
    }
    Console(highlight=False).print(tables.scores(title, columns))
