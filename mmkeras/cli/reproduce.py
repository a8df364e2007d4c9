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

_MAKERS = (["mmkeras", "train"], ["mmkeras", "evaluate"])
_RUNS = ("--out", "--init")  # Options whose value is a run's folder.
_TUNED = "train.fine_tune"
# Runs are resumed, nothing is published, and the data is in another folder.
_AWAY = ("--overwrite", "--results", "--folder")


def run(
    file: Annotated[
        str, typer.Argument(help="A results file, as in zoo/results.")
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

    path = pathlib.Path(file)
    if path.suffix != ".json" or not path.is_file():
        raise ValueError(
            f"{path} is not a results file. Give a file of zoo/results, such "
            "as zoo/results/caption-cnn-lstm--flickr8k.json."
        )
    known = atomic.read_json(path, {"seeds": dict})
    seed, entry = _entry(path, known, seed)
    shown = {"model": str, "data": str, "mean": dict}
    atomic.check_json(known, shown, path)
    given = {"--data": data, "--folder": folder}
    todo = commands(entry, pathlib.Path(out), given, _changes(pairs))
    _require_data(todo)
    since = time.perf_counter()
    for words in todo:
        typer.echo(f"$ mmkeras {shlex.join(words)}")
        done = subprocess.run([sys.executable, "-m", "mmkeras.cli", *words])
        if done.returncode:
            raise RuntimeError(
                f"mmkeras {words[0]} failed with exit code {done.returncode}; "
                "see its output above. Run the same command again to resume."
            )
    minutes = (time.perf_counter() - since) / 60
    measured = atomic.read_json(pathlib.Path(todo[-1][1], "results.json"))
    _show(known, seed, entry, measured["test"]["metrics"], minutes)


def commands(entry, out, given, changes):
    """Adapts the commands of one seed's results to this machine.

    Args:
        entry: Dict of a seed, as stored by `training.results.merge`.
        out: Path of the folder for the runs.
        given: Dict from options to values, which replace those of the
            commands. Without a value, `--folder` is removed, as it is a path
            of another machine.
        changes: Dict from keys to values, which replace those of the
            commands.

    Returns:
        List of lists of words, each following `mmkeras`.

    Raises:
        ValueError: If a command does not train or evaluate.
    """
    made = []
    for command in [*entry["before"], entry["command"], entry["evaluation"]]:
        words = shlex.split(command)
        if words[:2] not in _MAKERS or len(words) < 3:
            raise ValueError(
                "Expected a command `mmkeras train` or `mmkeras evaluate`. "
                f"Received: {command}"
            )
        _, verb, subject, *words = words
        if verb == "evaluate":
            subject = str(out / subject)
        made.append([verb, subject])
        for name, value in _options(words):
            if given.get(name):
                value = given[name]
            elif name in _AWAY:
                continue
            elif name in _RUNS:
                value = str(out / value)
            made[-1] += [name] if value is None else [name, value]
        made[-1] += _pairs(words, changes)
    return _sharing(made)


def _changes(pairs):
    """Parses pairs of keys and texts."""
    found = {}
    for pair in pairs or []:
        key, mark, value = pair.partition("=")
        if not mark or not settings.is_pair(pair):
            raise ValueError(
                "Expected key=value, e.g. model.image=mobilenet.npz. "
                f"Received: {pair}"
            )
        found[key] = value
    return found


def _pairs(words, changes=None):
    """The pairs of keys and values among words, with changes."""
    found = dict(word.split("=", 1) for word in words if settings.is_pair(word))
    for key in set(changes or {}) & set(found):
        network, mark, _ = found[key].rpartition(":")
        value = changes[key]
        if key == "model.image" and ":" not in value:
            value = f"{network}{mark}{value}"  # The same network's weights.
        found[key] = value
    return [f"{key}={value}" for key, value in found.items()]


def _require_data(commands):
    """Asks for data that is not published and is not at the path here."""
    from mmkeras.data import datasets

    for words in commands:
        data = dict(_options(words)).get("--data")
        known = data is None or datasets.is_published(data)
        if not (known or pathlib.Path(data).exists()):
            raise FileNotFoundError(
                f"The results are of data that is not published, {data!r}. "
                "Give its path with --data."
            )


def _sharing(commands):
    """Caches the outputs of a frozen image network for later fine-tuning.

    This changes results by rounding only: the outputs of the layers that both
    runs share are computed once, and rounded to float16 for both.
    """
    made, layer = [], None
    for words in reversed(commands):
        given = dict(pair.split("=", 1) for pair in _pairs(words))
        frozen = "model.image" in given and _TUNED not in given
        if layer and frozen and "train.cache_at" not in given:
            words = [*words, f"train.cache_at={layer}"]
        if given.get(_TUNED, "all") != "all":
            layer = given[_TUNED]
        made.insert(0, words)
    return made


def _options(words):
    """Yields pairs of an option and its value, `None` for flags."""
    for i, word in enumerate(words):
        if word.startswith("--"):
            after = words[i + 1] if i + 1 < len(words) else "--"
            is_flag = after.startswith("--") or settings.is_pair(after)
            yield word, None if is_flag else after


def _entry(path, known, seed):
    """The seed and its entry in the results file."""
    from mmkeras.files import atomic

    seeds = known["seeds"]
    seed = next(iter(seeds), "") if seed is None else str(seed)
    if seed not in seeds:
        raise ValueError(
            f"{path} has no results of seed {seed}. Seeds: {', '.join(seeds)}."
        )
    expected = {"before": list, "command": str, "evaluation": str}
    expected |= {"metrics": dict}
    atomic.check_json(seeds[seed], expected, path, f"seeds.{seed}")
    return seed, seeds[seed]


def _show(known, seed, entry, figures, minutes):
    from rich.console import Console

    from mmkeras.evaluation import tables

    title = f"{known['model']}, {known['data']}, test, after {minutes:.0f} min"
    columns = {
        "here": figures,
        f"published, seed {seed}": entry["metrics"],
        f"published, mean of {len(known['seeds'])}": known["mean"],
    }
    Console(highlight=False).print(tables.scores(title, columns))
