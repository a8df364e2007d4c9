"""What all tasks share: a model, codecs, and a folder to live in."""

import hashlib
import os
import pathlib
import shutil
import tempfile
import zipfile

import keras

from mmkeras.data import codecs
from mmkeras.files import atomic
from mmkeras.tasks import safety
from mmkeras.tasks.precision import in_float32

_TASKS: dict[str, type] = {}
# What a description that is not one of codecs may raise.
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class Task:
    """Base of all tasks. Subclasses say how to `encode` and how to `answer`.

    Args:
        model: A zoo model.
        codecs: Dict of codecs by field name, e.g. `{"image": Image()}`.
    """

    name = None

    def __init_subclass__(cls):
        _TASKS[cls.name] = cls

    def __init__(self, model, codecs):
        self.model = model
        self.codecs = codecs

    def encode(self, example):
        """Maps one raw example to `(x, y)`; use it in `dataset.map`."""
        raise NotImplementedError

    def answer(self, batch, **options):
        """Maps a batch of raw inputs to raw answers."""
        raise NotImplementedError

    def graph(self, batch, **options):
        """As `answer`, out of TensorFlow operations alone, for the export."""
        raise NotImplementedError

    def save(self, folder):
        """Writes the task into a folder, the model in float32.

        The folder then holds `model-<digest>.keras` and `task.json`. The last
        thing written is `task.json`, in one stroke, so that a save broken off
        leaves the task that was there before.

        Args:
            folder: Where to write; made if need be.

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
            _write_model(in_float32(self.model), path)
            digest = _digest(path)
            model = folder / f"model-{digest[:8]}.keras"
            card = {
                "task": self.name,
                "model": model.name,
                "sha256": digest,
                "codecs": {
                    field: codecs.to_config(codec)
                    for field, codec in self.codecs.items()
                },
            }
            os.replace(path, model)
            atomic.write_json(folder / "task.json", card)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        for old in folder.glob("model-*.keras"):
            if old != model:
                old.unlink()
        return folder


def load(folder):
    """Reads a task that `Task.save` wrote, e.g. a run folder.

    Nothing in the folder is executed: there is no pickle and no Lambda layer,
    and the model may name only classes of Keras, KerasHub and mmkeras.

    Args:
        folder: The folder with `task.json`.

    Returns:
        A `Task`, its model in float32.

    Raises:
        FileNotFoundError: If the folder holds no task.
        ValueError: If a file was cut short, tampered with or asks for code.
    """
    card_path = pathlib.Path(folder, "task.json")
    if not card_path.exists():
        raise FileNotFoundError(
            f"There is no task in {folder}: it has no `task.json`. Train one "
            "with `mmkeras train`, or give the folder of a finished run."
        )
    try:
        card = atomic.read_json(card_path)
        path = card_path.parent / pathlib.PurePath(card["model"]).name
        task, fields, digest = card["task"], card["codecs"], card["sha256"]
        kept = {field: codecs.from_config(c) for field, c in fields.items()}
    except _MALFORMED as error:
        raise ValueError(f"{card_path} is not a task: {error!r}") from error
    if not isinstance(task, str) or task not in _TASKS:
        raise ValueError(
            f"{card_path} has the unknown task {task!r}. Expected one of "
            f"{', '.join(sorted(_TASKS))}."
        )
    if not path.exists():
        raise FileNotFoundError(
            f"{card_path} refers to {path}, which is missing."
        )
    if _digest(path) != digest:
        raise ValueError(
            f"{path} is not the file that {card_path} was written with (its "
            "SHA-256 differs): it is truncated, or was tampered with."
        )
    model = safety.load_model(path)
    try:
        return _TASKS[task](model, kept)
    except _MALFORMED as error:
        raise ValueError(
            f"The codecs of {card_path} do not fit {path}: {error!r}"
        ) from error


def _write_model(model, path):
    """Writes a `.keras` file, whatever the date.

    Keras itself cannot before 1980 and from 2108 on, which ZIP cannot hold.
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
