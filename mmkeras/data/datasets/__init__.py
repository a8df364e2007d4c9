"""Published data sets in the layout of their authors, and your own data.

Each data set is a module with three functions: `scan(folder)` reads all
splits, `rows(split, folder)` returns the rows of one split, and
`load(split, folder)` returns a `tf.data.Dataset` of raw examples.
"""

import difflib
import importlib

from mmkeras.data import training_problems

_NAMES = (
    "avdigits",
    "avdigits-small",
    "clevr",
    "coco",
    "dialogues",
    "digits-discussed",
    "easy-vqa",
    "feelings",
    "flickr8k",
    "folder",
    "karpathy",
    "labelled",
    "meld",
    "meld-sentiment",
    "mmsa",
    "mosi",
    "mustard",
    "mustard-speakers",
    "nlvr",
    "onecommon",
    "questions",
    "table",
    "visdial",
    "vqa",
)
_CAPTIONS = ("folder", "table")
_YOURS = (*_CAPTIONS, "dialogues", "labelled", "questions")


def is_published(name: str) -> bool:
    """Whether a data set was split by its authors, and is not your own."""
    return name not in _YOURS


def names() -> list[str]:
    """Names all data sets."""
    return list(_NAMES)


def get(name: str):
    """Returns the module of a data set.

    Args:
        name: One of `names()`.

    Raises:
        ValueError: If there is no such data set.
    """
    if name not in _NAMES:
        close = difflib.get_close_matches(str(name), _NAMES, n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise ValueError(
            f"Unknown data set {name!r}. {hint}Data sets: "
            f"{', '.join(_NAMES)}. For your own data, use 'table' (images "
            "with captions, JSONL or CSV), 'folder' (images and texts by file "
            "name), 'labelled' (text, image, audio or features with a label), "
            "'questions' (images with questions and answers) or 'dialogues' "
            "(the same, with the dialogue history)."
        )
    module = name.replace("-", "_")
    return importlib.import_module(f"mmkeras.data.datasets.{module}")


def scan(name: str, folder=None, target=None):
    """Reads everything there is of a data set.

    Args:
        name: One of `names()`.
        folder: Where it lies, or `None` for `$MMKERAS_DATA/<name>`.
        target: What the labels of the data set `"labelled"` are, as of
            `mmkeras.data.label_kinds`; `None` to decide by all rows.

    Returns:
        A `layout.Scan`.

    Raises:
        ValueError: If there is no such data set, or it takes no `target`.
        FileNotFoundError: If there is no such folder.
    """
    module = get(name)
    if name == "labelled":
        return module.scan(folder, target)
    if target is not None:
        raise ValueError(
            "`target` is an option of the data set 'labelled', whose labels "
            f"can be of several types. Received: target={target!r} with "
            f"{name!r}"
        )
    return module.scan(folder)


def read(name: str, splits, folder=None, target=None):
    """Reads the rows of several splits, a table once for all of them.

    Args:
        name: As of `scan`.
        splits: Names of splits.
        folder: As of `scan`.
        target: As of `scan`.

    Returns:
        Tuple of a list of rows per split; notes on what was read; and a
        sentence that names rows that are left out, or `""`.

    Raises:
        ValueError: If a split has no rows, if rows for training and
            validation cannot be trained on, see `training_problems`, or as
            of `scan`.
        FileNotFoundError: If there is no such folder.
    """
    if is_published(name) and target is None:
        module = get(name)
        return [module.rows(split, folder) for split in splits], [], ""
    found = scan(name, folder, target)
    if {"train", "val"} <= set(splits):
        found.refuse_damage()
        training_problems.require(training_problems.of_scan(found))
    rows = found.choose if name in _CAPTIONS else found.of_split
    parts = [rows(split, warn=False) for split in splits]
    return parts, found.notes, found.skipped()
