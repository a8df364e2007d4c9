"""Reads the examples to predict from files and tables."""

import dataclasses
import os
import pathlib

import numpy as np

from mmkeras.data import encoding
from mmkeras.data import feature_files
from mmkeras.data import files
from mmkeras.data.datasets import columns
from mmkeras.data.datasets import dataset
from mmkeras.data.datasets import table_rows
from mmkeras.data.datasets import tabular

TABLES = (".jsonl", ".csv", ".tsv")
_SOUNDS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3")
_MOVIES = (".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".webm")
_SUFFIXES = {
    "image": dataset.IMAGES,
    "audio": _SOUNDS,
    "video": (*_MOVIES, ".npy", ".zip"),
    "features": (".npy",),
}


@dataclasses.dataclass
class Example:
    """One example.

    Attributes:
        name: Its id or line number; `""` for a single example.
        values: Dict of raw values by field, as for `Task.answer`.
        error: Why it cannot be read, or `""`.
    """

    name: str
    values: dict
    error: str = ""


def is_table(path):
    """Whether a path is a table, by its suffix."""
    return pathlib.Path(path).suffix.lower() in TABLES


def from_files(task, paths, texts):
    """Makes one example from files and texts.

    Args:
        task: A `mmkeras.tasks.Task`.
        paths: Paths of files, one per field.
        texts: Dict of strings by field, e.g. of `"question"`.

    Returns:
        An `Example`.

    Raises:
        ValueError: If a file cannot be read, has an unknown type, or is not
            an input of the model.
    """
    values = dict(texts)
    for path in map(pathlib.Path, paths):
        field = _field_of(path, task)
        if field in values:
            raise ValueError(
                f"{path} is a second {field}; expected at most one. Give one "
                "example at a time, or a table (JSONL, CSV or TSV)."
            )
        values[field] = _file(task.codecs.get(field), path)
    unknown = sorted(set(values) - set(task.fields))
    if unknown or not values:
        raise ValueError(
            f"The model takes {', '.join(task.fields)}. Received: "
            f"{', '.join(values) or 'nothing'}"
        )
    return Example("", values)


def from_path(task, path):
    """Makes an example of one file, without reading it.

    Args:
        task: A `mmkeras.tasks.Task`.
        path: Path of a file; the field follows from its type.

    Returns:
        An `Example`, named like the path.
    """
    field = _field_of(pathlib.Path(path), task)
    if field not in task.fields:
        raise ValueError(
            f"The model takes {', '.join(task.fields)}. Received: {field}, "
            f"{path}"
        )
    return Example(os.fspath(path), {field: os.fspath(path)})


def are_several(task, paths):
    """Whether paths are several examples, not modalities of one."""
    folders = any(pathlib.Path(path).is_dir() for path in paths)
    return folders or (len(paths) > 1 and len(task.fields) == 1)


def field_of(task, path):
    """Finds the field of a file by its type, or of the files in a folder.

    Args:
        task: A `mmkeras.tasks.Task`.
        path: Path of a file or folder.

    Returns:
        Name of the field; for a folder, the task's first field that has files
        there, or its first one.

    Raises:
        ValueError: If the file has an unknown type.
    """
    path = pathlib.Path(path)
    if not path.is_dir():
        return _field_of(path, task)
    for field in task.fields:
        if _files_in(path, _SUFFIXES.get(task.codecs[field].kind, ())):
            return field
    return task.fields[0]


def from_each(task, paths, field=None):
    """Makes an example of each file.

    Args:
        task: A `mmkeras.tasks.Task`.
        paths: Paths of files, and of folders of such files.
        field: Name of the field that they are values of; `None` for a task of
            one field.

    Returns:
        List of `Example`s; their files are not read.

    Raises:
        ValueError: If the task has several fields, or takes no files.
        FileNotFoundError: If a folder has none.
    """
    others = None
    if field is None:
        [field, *others] = task.fields
    suffixes = _SUFFIXES.get(task.codecs[field].kind, ())
    if others or not suffixes:
        raise ValueError(
            "A folder is for models with one input that is a file. This model "
            f"takes {', '.join(task.fields)}: give a table (JSONL, CSV or TSV)."
        )
    file_paths = []
    for path in map(pathlib.Path, paths):
        if not path.is_dir():
            file_paths.append(path)
            continue
        matches = _files_in(path, suffixes) or _clips_in(path, suffixes)
        if not matches:
            raise FileNotFoundError(
                f"{path} has no files of {field} ({', '.join(suffixes)})."
            )
        file_paths += matches
    return [Example(str(path), {field: str(path)}) for path in file_paths]


def from_table(task, path, names=None):
    """Reads the rows of a table.

    Args:
        task: A `mmkeras.tasks.Task`, whose `columns` are read.
        path: Path of a JSONL, CSV or TSV file. Paths in it are relative to
            its folder.
        names: Dict from columns to their names in the table; names that the
            table does not have have no effect.

    Returns:
        Tuple of a list of `Example`s in the order of the table, their files
        not read; and notes, a list of strings.

    Raises:
        ValueError: If the whole table cannot be read.
    """
    path = pathlib.Path(path)
    data = dataset.Dataset()
    schema = columns.to_predict(task.columns, _renamed(task, path, names))
    examples = {}
    for number, values in tabular.lines(path, data, schema):
        try:
            name = tabular.id_of(values, number)
        except ValueError as error:
            examples[number] = Example(str(number), {}, str(error))
        else:
            examples[number] = Example(name, values)
    for problem in data.problems:
        if not problem.skippable:
            raise ValueError(f"{problem.where}: {problem.detail}")
        number = int(problem.where.rpartition(":")[2])
        examples[number] = Example(str(number), {}, problem.detail)
    return [examples[number] for number in sorted(examples)], data.notes


def read(task, example, folder):
    """Reads the values of one row of a table.

    Args:
        task: A `mmkeras.tasks.Task`.
        example: An `Example` of `from_table`.
        folder: `pathlib.Path` of the table's folder.

    Returns:
        An `Example` of the task's fields, `None` where absent.
    """
    if example.error:
        return example
    values, lists = {}, {k: [v] for k, v in example.values.items()}
    lists = encoding.by_field(task.codecs, task.fields, lists)
    for field in task.fields:
        try:
            [value] = lists.get(field, [None])
            values[field] = _value(task.codecs[field], value, folder)
        except ValueError as error:
            return Example(example.name, {}, f"{field}: {error}")
    return Example(example.name, values)


def _renamed(task, path, names):
    """Pairs of columns and their names in a table, for a `Schema`."""
    headers = tabular.column_names(path, columns.of_any_kind())
    headers = {name.casefold() for name in headers}
    readable = {"id", *task.columns}
    return [
        (column, name)
        for column, name in (names or {}).items()
        if column in readable and name.strip().casefold() in headers
    ]


def _value(codec, value, folder):
    """One raw value, read from its file if there is one."""
    if value is None or (isinstance(value, str) and not value):
        return None
    in_file = codec.in_file or codec.kind == "features"
    if in_file and isinstance(value, (str, os.PathLike)):
        value = _file(codec, files.resolve(folder, os.fspath(value)))
    elif codec.in_file and isinstance(value, list):
        value = table_rows.frames(value, folder)
    elif in_file and not isinstance(value, (bytes, list, tuple, np.ndarray)):
        raise ValueError(
            "expected the path of a file. Received: a value of type "
            f"{type(value).__name__}"
        )
    _, [error] = codec.try_pack([value])
    if error:
        raise ValueError(error)
    return value


def _file(codec, path):
    is_array = codec is not None and codec.kind == "features"
    read = feature_files.read if is_array else files.read
    if codec is not None and codec.in_file:
        read = codec.read_file
    try:
        return read(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _files_in(folder, suffixes):
    """The files of some types in a folder and the folders in it, sorted."""
    paths = folder.rglob("*")
    return sorted(path for path in paths if path.suffix.lower() in suffixes)


def _clips_in(folder, suffixes):
    """The folders of images in a folder, or itself, if suffixes are a video's.

    Each is a video, its files the frames.
    """
    if suffixes != _SUFFIXES["video"]:
        return []
    images = _files_in(folder, dataset.IMAGES)
    return sorted({path.parent for path in images})


def _field_of(path, task):
    """Returns the field that a file belongs to, by its suffix."""
    suffix = path.suffix.lower()
    if suffix in _SOUNDS:
        return "audio"
    kinds = {task.codecs[field].kind: field for field in task.fields[::-1]}
    if suffix == ".npy" and "features" in kinds:
        return kinds["features"]
    if suffix in _SUFFIXES["video"] and "video" in kinds:
        return kinds["video"]
    if suffix == ".npy":
        return "features"
    if suffix in _SUFFIXES["video"] and suffix not in dataset.IMAGES:
        return "video"
    if not suffix or dataset.is_image(path):
        return "image"
    raise ValueError(
        f"{path} has an unknown file type, {suffix!r}. Give an image "
        f"({', '.join(dataset.IMAGES)}), an audio file ({', '.join(_SOUNDS)}), "
        f"a video ({', '.join(_MOVIES)}), an array of features (.npy) or one "
        f"table ({', '.join(TABLES)})."
    )
