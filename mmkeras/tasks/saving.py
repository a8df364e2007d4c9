"""The folder of a saved task: a model file, and a card that describes it."""

import hashlib
import os
import pathlib
import shutil
import tempfile
import zipfile

import keras

from mmkeras import hub
from mmkeras.data import codecs
from mmkeras.files import atomic
from mmkeras.tasks import lora
from mmkeras.tasks import safety
from mmkeras.tasks.precision import in_float32

# Exceptions that an invalid description of codecs may raise.
MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def save(folder, name, model, codecs_by_field):
    """Writes a task into a folder, the model in float32 and without LoRA.

    The folder then has `model-<digest>.keras` and `task.json`, which is
    written last and atomically: an interrupted save leaves the former task.

    Args:
        folder: Where to write; created if necessary.
        name: Name of the task.
        model: Its model.
        codecs_by_field: Dict of its codecs.

    Returns:
        The folder, a `pathlib.Path`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.remove_leftovers(folder)
    part = atomic.temporary(folder / "task")
    part.mkdir()
    try:
        path = part / "model.keras"
        _write_model(in_float32(lora.merged(model)), path)
        digest = _digest(path)
        file = folder / f"model-{digest[:8]}.keras"
        card = {
            "task": name,
            "model": file.name,
            "sha256": digest,
            "codecs": {
                field: codecs.to_config(codec)
                for field, codec in codecs_by_field.items()
            },
        }
        os.replace(path, file)
        atomic.write_json(folder / "task.json", card)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for old in folder.glob("model-*.keras"):
        if old != file:
            old.unlink()
    return folder


def load(folder, names):
    """Reads what `save` wrote, or a preset. Nothing in it is executed.

    Args:
        folder: The folder with `task.json`.
        names: Names of all tasks.

    Returns:
        Tuple of the task's name, the model in float32, and the codecs.

    Raises:
        FileNotFoundError: If the folder has no task.
        ValueError: If a file is truncated, tampered with or contains code.
    """
    card_path = pathlib.Path(folder, "task.json")
    if not card_path.exists():
        raise FileNotFoundError(
            f"There is no task in {folder}: it has no `task.json`. Train one "
            "with `mmkeras train`, or give the folder of a finished run."
        )
    is_preset = hub.is_preset(folder)
    if is_preset:
        hub.check(folder)
    try:
        card = atomic.read_json(card_path)
        task, fields = card["task"], card["codecs"]
        codecs_by_field = {
            field: codecs.from_config(c) for field, c in fields.items()
        }
    except MALFORMED as error:
        raise ValueError(f"{card_path} is not a task: {error!r}") from error
    if not isinstance(task, str) or task not in names:
        raise ValueError(
            f"{card_path} has the unknown task {task!r}. Expected one of "
            f"{', '.join(sorted(names))}."
        )
    if is_preset:
        return task, safety.load_parts(*parts(folder)), codecs_by_field
    path = _model_path(card_path, card)
    return task, safety.load_model(path), codecs_by_field


def parts(folder):
    """Paths of the model's configuration and weights in a preset."""
    return tuple(pathlib.Path(folder, name) for name in hub.MODEL_FILES)


def _model_path(card_path, card):
    """Returns the path of a task's model file, whose digest it verifies."""
    try:
        path = card_path.parent / pathlib.PurePath(card["model"]).name
        digest = card["sha256"]
    except MALFORMED as error:
        raise ValueError(f"{card_path} is not a task: {error!r}") from error
    if not path.exists():
        raise FileNotFoundError(
            f"{card_path} refers to {path}, which is missing."
        )
    if _digest(path) != digest:
        raise ValueError(
            f"{path} is not the file that {card_path} was written with (its "
            "SHA-256 differs): it is truncated, or was tampered with."
        )
    return path


def _write_model(model, path):
    """Writes a `.keras` file.

    Keras itself fails if the clock is before 1980 or after 2107, dates that a
    ZIP file cannot store.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        keras.saving.save_model(model, folder, zipped=False)
        with zipfile.ZipFile(path, "w", strict_timestamps=False) as archive:
            for file in sorted(pathlib.Path(folder).rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(folder))


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
