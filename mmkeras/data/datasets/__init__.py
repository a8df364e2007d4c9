"""Published data sets in the layout of their authors, and your own data.

Each published data set is a module with three functions: `scan(folder)` reads
all splits, `rows(split, folder)` returns the rows of one split, and
`load(split, folder)` returns a `tf.data.Dataset` of raw examples. A module with
`LANGUAGES` also takes `source` and `target`, the languages of translations.
Your own data, a path or rows in memory, is an `own.OwnData` with methods of
these names.
"""

import dataclasses
import difflib
import importlib
import os

from mmkeras.data import training_problems
from mmkeras.data.datasets import own
from mmkeras.data.datasets import records

_NAMES = (
    "avdigits",
    "avdigits-small",
    "clevr",
    "coco",
    "digits-discussed",
    "easy-vqa",
    "feelings",
    "flickr8k",
    "flickr8k-spoken",
    "flickr8k-spoken-all",
    "karpathy",
    "mboshi",
    "mboshi-translation",
    "meld",
    "meld-sentiment",
    "mmsa",
    "mosi",
    "multi30k",
    "multi30k-coco-2017",
    "multi30k-flickr-2017",
    "multi30k-flickr-2018",
    "multi30k-image",
    "multi30k-image-all",
    "mustard",
    "mustard-speakers",
    "nlvr",
    "onecommon",
    "people",
    "visdial",
    "vqa",
)
# Earlier names of your own data, by its layout.
_FORMER = ("dialogues", "folder", "labelled", "questions", "table")
_TABLES = (".csv", ".json", ".jsonl", ".tsv")


def names() -> list[str]:
    """Lists the names of all published data sets."""
    return list(_NAMES)


def is_published(source) -> bool:
    """Returns whether a data set is published, not your own."""
    return isinstance(source, str) and source in _NAMES


def has_languages(source) -> bool:
    """Returns whether a data set is published, in several languages."""
    return is_published(source) and hasattr(get(source), "LANGUAGES")


def name_of(source) -> str:
    """Returns the name of a data set: its own, or the last part of its path."""
    return source if is_published(source) else own.OwnData(source).name


def get(source, kind=None, columns=None):
    """Returns a published data set's module, or your own data.

    Args:
        source: One of `names()`; or the path of a table (JSONL, CSV or TSV) or
            folder, a pandas DataFrame, or a list of dicts.
        kind: Kind of your own data, one of `columns.KINDS`: see `own`. `None`
            to decide by its columns.
        columns: Dict from columns to the names that your own table has for
            them, e.g. `{"label": "class"}`. For a published data set of
            several languages: `{"source": "en", "target": "de"}`.

    Returns:
        A module, or an `own.OwnData`.

    Raises:
        ValueError: If there is no such data set or path.
        FileNotFoundError: If there is no such file.
    """
    if is_published(source):
        module = source.replace("-", "_")
        module = importlib.import_module(f"mmkeras.data.datasets.{module}")
        names = {"source", "target"} if hasattr(module, "LANGUAGES") else set()
        if set(columns or {}) - names:
            raise ValueError(
                "`columns` (`--column`) is an option of your own data. "
                f"Received: columns={columns} with {source!r}"
            )
        return module
    if not isinstance(source, (str, os.PathLike)):
        records.check(source)
    elif not os.path.exists(source):
        _raise_unknown(os.fspath(source))
    return own.OwnData(source, kind, columns)


def scan(source, folder=None, target=None, kind=None, columns=None):
    """Reads all rows of a data set.

    Args:
        source: As of `get`.
        folder: Folder of a published data set, or `None` for
            `$MMKERAS_DATA/<name>`.
        target: Type of the labels of your own data, one of
            `mmkeras.data.label_kinds.TARGETS`; `None` to infer it.
        kind: As of `get`.
        columns: As of `get`.

    Returns:
        A `dataset.Dataset`.

    Raises:
        ValueError: If there is no such data set, or it takes no `folder`,
            `target` or `columns`.
        FileNotFoundError: If there is no such file or folder.
    """
    if folder is not None and not is_published(source):
        _raise_folder(source, folder)
    reader = get(source, kind, columns)
    if not is_published(source):
        return reader.scan(target)
    if target is not None:
        raise ValueError(
            "`target` is an option of your own data, whose labels can be of "
            f"several types. Received: target={target!r} with {source!r}"
        )
    return reader.scan(folder, **(columns or {}))


@dataclasses.dataclass(frozen=True)
class Parts:
    """Splits of a data set.

    Attributes:
        rows: List of a list of rows per split.
        notes: List of remarks that are not problems.
        skipped: A sentence that names rows that are skipped, or `""`.
        val_is_drawn: bool. Whether validation rows were drawn from your own
            data, in which none are named.
    """

    rows: list
    notes: list
    skipped: str
    val_is_drawn: bool


def read(source, splits, folder=None, target=None, kind=None, columns=None):
    """Reads the rows of several splits, a table once for all of them.

    Args:
        source: As of `scan`.
        splits: Names of splits.
        folder: As of `scan`.
        target: As of `scan`.
        kind: As of `scan`.
        columns: As of `scan`.

    Returns:
        Tuple of a list of rows per split; a list of notes; and a sentence
        that names rows that are skipped, or `""`.

    Raises:
        ValueError: If a split has no rows, if rows for training and
            validation cannot be trained on, see `training_problems`, or as
            of `scan`.
        FileNotFoundError: If there is no such file or folder.
    """
    parts = read_parts(source, splits, folder, target, kind, columns)
    return parts.rows, parts.notes, parts.skipped


def read_parts(
    source, splits, folder=None, target=None, kind=None, columns=None
):
    """Reads several splits as `read` does; returns `Parts`."""
    if is_published(source) and target is None:
        reader = get(source, kind, columns)
        options = columns or {}
        rows = [reader.rows(split, folder, **options) for split in splits]
        return Parts(rows, [], "", False)
    data = scan(source, folder, target, kind, columns)
    if {"train", "val"} <= set(splits):
        data.raise_if_corrupt()
        training_problems.require(training_problems.of_dataset(data))
    rows = [data.split(split, warn=False) for split in splits]
    return Parts(rows, data.notes, data.skip_summary(), data.val_is_drawn)


def _raise_unknown(source):
    """Raises the error for a name that is not a path either."""
    folder, last = os.path.split(source)
    if source in _FORMER:
        raise ValueError(
            f"{source!r} is no longer the name of a data set. Give your own "
            "table or folder by its path, e.g. `--data photos.jsonl`, without "
            "`--folder`."
        )
    files = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
    close = difflib.get_close_matches(last, files, n=1)
    if folder or last.lower().endswith(_TABLES):
        hint = (
            f" Did you mean {os.path.join(folder, close[0])!r}?"
            if close
            else ""
        )
        raise FileNotFoundError(f"There is no file or folder {source!r}.{hint}")
    close = difflib.get_close_matches(source, _NAMES, n=1) or close
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise ValueError(
        f"{source!r} is neither a published data set nor the path of a file or "
        f"folder. {hint}Data sets: {', '.join(_NAMES)}. Give your own data by "
        "the path of a table (JSONL, CSV or TSV) or of a folder."
    )


def _raise_folder(source, folder):
    """Raises the error for a `folder` passed with your own data."""
    former = isinstance(source, str) and source in _FORMER
    if isinstance(source, str) and not former and not os.path.exists(source):
        _raise_unknown(source)
    path = folder if former else source
    raise ValueError(
        "`folder` (`--folder`) is the folder of a published data set. Your own "
        f"data is given by its path alone: `--data {path}`. Received: "
        f"folder={folder} with {source!r}"
    )
