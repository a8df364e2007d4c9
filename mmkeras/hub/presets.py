"""Finds presets by name, and verifies their files.

A preset is a folder with the files of KerasHub's presets as far as they go:
`config.json`, the model; `model.weights.h5`, its weights in float16;
`task.json`, the task and its codecs; `metadata.json`, versions, a summary and
the SHA-256 of every other file. Beside them are the files of the run, without
paths: `run.json`, `training.json`, `results.json`; and `README.md`, the model
card.
"""

import difflib
import importlib.metadata
import importlib.util
import os
import pathlib

from mmkeras import registry
from mmkeras.files import atomic
from mmkeras.files import digests
from mmkeras.hub import networks
from mmkeras.hub.downloads import HUGGING_FACE
from mmkeras.hub.downloads import download

CARD = "metadata.json"
MODEL_FILES = ("config.json", "model.weights.h5")
TASK_FILE = networks.TASK_FILE
ENTRY_POINTS = "mmkeras.presets"
VARIABLE = "MMKERAS_PRESETS"
_FILES = ["*.json", "*.h5", "README.md"]
_EXPECTED = {
    "preset": {
        "name": str,
        "architecture": str,
        "task": str,
        "data": str,
        "license": str,
    },
    "sha256": dict,
}


def find(name):
    """Finds the folder of a preset or of a run.

    Args:
        name: Path of a folder; or the name of a preset, which is searched in
            the folders of `$MMKERAS_PRESETS`, in installed packages with the
            entry point `mmkeras.presets`, and in `zoo/presets` of the
            repository, in this order; or `hf://user/name`, optionally with
            `@revision`, which is downloaded from the Hugging Face Hub once;
            or `hub:PRESET`, a pretrained network, see `networks.find`;
            `whisper:PRESET` means the same.

    Returns:
        The folder, a `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is no such folder or preset, or
            `$MMKERAS_PRESETS` names no folder.
        OSError: If it cannot be downloaded.
    """
    text = os.fspath(name)
    prefix, _, preset = text.partition(":")
    if f"{prefix}:" in networks.PREFIXES:
        return networks.find(preset)
    if text.startswith(HUGGING_FACE):
        return _checked(download(text, _FILES), text)
    if os.path.isdir(text):
        return pathlib.Path(text)
    presets = folders()
    if text not in presets:
        raise FileNotFoundError(_unknown(text, presets))
    return presets[text]


def folders():
    """Lists all presets that can be found by name.

    Returns:
        Dict from names to folders, sorted by name.

    Raises:
        FileNotFoundError: If `$MMKERAS_PRESETS` names no folder.
    """
    presets = {}
    for parent in _parents():
        for path in sorted(parent.glob(f"*/{CARD}")):
            if is_preset(path.parent):
                presets.setdefault(path.parent.name, path.parent)
    return dict(sorted(presets.items()))


def is_preset(folder):
    """Returns whether a folder has a preset, not a run."""
    return all(pathlib.Path(folder, n).is_file() for n in (CARD, TASK_FILE))


def model_file(folder):
    """Returns the file that identifies the model in a folder.

    Args:
        folder: Folder of a run, of a preset or of a network.

    Returns:
        Its path: another model has another file.
    """
    if networks.is_network(folder):
        return networks.weights_file(folder)
    return pathlib.Path(folder, CARD if is_preset(folder) else TASK_FILE)


def read_card(folder):
    """Reads the `metadata.json` of a preset.

    Args:
        folder: Folder of a preset.

    Returns:
        Dict with `"preset"`, a summary, and `"sha256"`, the digests of the
        other files.

    Raises:
        ValueError: If the file is damaged.
    """
    return atomic.read_json(pathlib.Path(folder, CARD), _EXPECTED)


def size(folder):
    """Returns the size of a preset's files in bytes."""
    return sum(path.stat().st_size for path in pathlib.Path(folder).iterdir())


def check(folder):
    """Verifies the SHA-256 of every file of a preset.

    Args:
        folder: Folder of a preset.

    Raises:
        ValueError: If a file is missing, truncated or was changed.
    """
    folder = pathlib.Path(folder)
    expected_digests = read_card(folder)["sha256"]
    for name in {*MODEL_FILES, TASK_FILE, *expected_digests}:
        path = folder / pathlib.PurePath(name).name
        expected = expected_digests.get(name)
        actual = digests.digest(path)
        if actual is None:
            raise ValueError(f"{path} is missing. Copy the whole preset again.")
        if actual != expected:
            raise ValueError(
                f"{path} is not the file that {folder / CARD} was written with "
                "(its SHA-256 differs): it is truncated, or was tampered with."
            )


def _parents():
    """Yields the folders that may contain presets."""
    for text in os.environ.get(VARIABLE, "").split(os.pathsep):
        if text and not os.path.isdir(text):
            raise FileNotFoundError(f"{VARIABLE} names no folder: {text}")
        if text:
            yield pathlib.Path(text)
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        yield from _folders_of(entry.module)
    zoo = registry.zoo_folder()
    if zoo:
        yield zoo / "presets"


def _folders_of(module):
    """Yields the folders of a package, without importing it."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    for location in (spec and spec.submodule_search_locations) or []:
        yield pathlib.Path(location, *rest)


def _checked(folder, handle):
    if not is_preset(folder):
        raise FileNotFoundError(
            f"{handle} is not a preset of mmkeras: it has no {CARD} that "
            "describes one. If it is a network of KerasHub or Hugging Face, "
            f"name it hub:{handle}."
        )
    return folder


def _unknown(name, presets):
    """The message about a name that no preset has."""
    close = difflib.get_close_matches(name, presets, n=3)
    if close:
        hint = f"Did you mean {', '.join(close)}?"
    elif presets:
        hint = f"Presets at hand: {', '.join(presets)}."
    else:
        hint = (
            "No preset is at hand: those of the zoo are in the folder "
            "zoo/presets of the repository of mmkeras and are not installed "
            f"with the package. Set {VARIABLE} to a folder of presets, or give "
            "hf://USER/NAME."
        )
    return f"There is no folder and no preset {name}. {hint}"
