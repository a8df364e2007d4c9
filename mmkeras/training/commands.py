"""The commands that train a run and evaluate it, as they are recorded."""

import pathlib
import re
import shlex

from mmkeras.data import datasets
from mmkeras.training import config as configuration
from mmkeras.training import pretrained

_KEY = re.compile(r"[a-z]+(\.\w+)+")


def train(config, source, out, seed=0, init=None):
    """Returns the command that trains a run.

    Args:
        config: A `config.Config`.
        source: Dict as of `sources.make`.
        out: Folder of the run.
        seed: int.
        init: Folder of the run to start from, or `None`.
    """
    data, folder = source["source"], source["folder"]
    name = data if isinstance(data, str) else datasets.name_of(data)
    words = ["mmkeras", "train", config.architecture, "--data", name]
    words += ["--folder", str(folder)] if folder else []
    words += ["--init", str(init)] if init else []
    words += ["--out", str(out), "--seed", str(seed)]
    for column, own in source["columns"].items():
        if f"task.{column}" not in config.given:
            words += ["--column", f"{column}={own}"]
    return shlex.join([*words, *_pairs(config.given)])


def evaluate(run, options, split="test"):
    """Returns the command that evaluates a run on a split.

    Args:
        run: Path of the run's folder.
        options: Dict of options of generation.
        split: Name of the split.
    """
    words = ["mmkeras", "evaluate", run.name, "--split", split]
    values = {f"generate.{name}": value for name, value in options.items()}
    return shlex.join([*words, *_pairs(values)])


def portable(command):
    """Reduces every path in a command to its last part."""
    return shlex.join(map(_portable_word, shlex.split(command)))


def portable_value(key, value):
    """Reduces a path, as the value of a key, to its last part.

    Args:
        key: The key, e.g. `"model.image"`.
        value: Its value, of any type.

    Returns:
        The value, the same if it is not a path.
    """
    if not isinstance(value, str):
        return value
    if key.startswith("model."):
        return pretrained.portable(value)
    return pathlib.PurePath(value).name if "/" in value else value


def _portable_word(word):
    key, mark, value = word.partition("=")
    if not mark or not _KEY.fullmatch(key):
        return pathlib.PurePath(word).name
    return f"{key}={portable_value(key, value)}"


def _pairs(values):
    return [
        configuration.format_pair(key, configuration.plain(value))
        for key, value in values.items()
    ]
