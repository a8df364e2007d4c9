"""`mmkeras reproduce`."""

import pathlib
import shlex
import subprocess
import sys
import time
from typing import Annotated

import typer

from mmkeras.cli import options

_MAKERS = (["mmkeras", "train"], ["mmkeras", "evaluate"])
_RUNS = ("--out", "--init")  # Options whose value is a run's folder.
# A run is resumed, nothing published, and the data lies elsewhere.
_AWAY = ("--overwrite", "--results", "--folder")


def run(
    file: Annotated[
        str, typer.Argument(help="File of figures, as in zoo/results.")
    ],
    seed: Annotated[
        int | None,
        typer.Option(help="Which of its seeds. [default: the first]"),
    ] = None,
    out: Annotated[
        str, typer.Option(help="Folder to put the runs into.")
    ] = "runs",
    weights: Annotated[
        str | None,
        typer.Option(help="Where the weights lie that the commands name."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Another data set than the one that is named."),
    ] = None,
    folder: options.Folder = None,
):
    """Make published figures again, and set them beside the published ones.

    Runs the commands that are kept with the figures, one after the other;
    broken off and started again, it goes on.
    """
    from mmkeras.files import atomic

    path = pathlib.Path(file)
    if path.suffix != ".json" or not path.is_file():
        raise ValueError(
            f"{path} is no file of figures: give one of zoo/results, such as "
            "zoo/results/caption-cnn-lstm--flickr8k.json."
        )
    known = atomic.read_json(path, {"seeds": dict})
    seed, entry = _entry(path, known, seed)
    shown = {"model": str, "data": str, "mean": dict}
    atomic.check_json(known, shown, path)
    given = {"--weights": weights, "--data": data, "--folder": folder}
    todo = commands(entry, pathlib.Path(out), given)
    since = time.perf_counter()
    for words in todo:
        typer.echo(f"$ mmkeras {shlex.join(words)}")
        done = subprocess.run([sys.executable, "-m", "mmkeras.cli", *words])
        if done.returncode:
            raise RuntimeError(
                f"mmkeras {words[0]} ended with {done.returncode}; what it "
                "said is above. The same command goes on from here."
            )
    minutes = (time.perf_counter() - since) / 60
    measured = atomic.read_json(pathlib.Path(todo[-1][1], "results.json"))
    _show(known, seed, entry, measured["test"]["metrics"], minutes)


def commands(entry, out, given):
    """Makes the commands of one seed's figures those of this machine.

    Args:
        entry: Dict of a seed, as `training.results.merge` keeps it.
        out: Path of the folder to put runs into.
        given: Dict from options to values: where they stand in a command, a
            value takes the place of theirs. Without one, a `--folder` is left
            out, for it was another machine's.

    Returns:
        List of lists of words, each to be put after `mmkeras`.

    Raises:
        ValueError: If a command is not one that trains or evaluates.
    """
    made = []
    for command in [*entry["before"], entry["command"], entry["evaluation"]]:
        words = shlex.split(command)
        if words[:2] not in _MAKERS or len(words) < 3:
            raise ValueError(
                "Figures are made by mmkeras train and evaluate, not by: "
                f"{command}"
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
    return _sharing(made)


def _sharing(commands):
    """Lets a frozen image network keep what a later fine-tuning begins with.

    It changes no figure but by rounding: run once, the part that both have in
    common is rounded to float16 for both.
    """
    made, layer = [], None
    for words in reversed(commands):
        given = dict(_options(words))
        frozen = "--weights" in given and "--fine-tune" not in given
        if layer and frozen and "--stem" not in given:
            words = [*words, "--stem", layer]
        if given.get("--fine-tune", "all") != "all":
            layer = given["--fine-tune"]
        made.insert(0, words)
    return made


def _options(words):
    """Pairs of an option and its value, `None` where it is a flag."""
    for i, word in enumerate(words):
        if word.startswith("--"):
            after = words[i + 1] if i + 1 < len(words) else "--"
            yield word, None if after.startswith("--") else after


def _entry(path, known, seed):
    """The seed and what is kept of it."""
    from mmkeras.files import atomic

    seeds = known["seeds"]
    seed = next(iter(seeds), "") if seed is None else str(seed)
    if seed not in seeds:
        raise ValueError(
            f"{path} has no figures of seed {seed}: it has {', '.join(seeds)}."
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
