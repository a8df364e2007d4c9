"""Data sets in the layout that their authors distribute, and your own.

Each is a module with three functions: `scan(folder)` reads everything there
is, `rows(split, folder)` gives the rows of one split, and
`load(split, folder)` a `tf.data.Dataset` of raw examples.
"""

import difflib
import importlib

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


_YOURS = ("dialogues", "folder", "labelled", "questions", "table")


def is_published(name: str) -> bool:
    """Whether a data set was split by its authors, and is not your own."""
    return name not in _YOURS


def names() -> list[str]:
    """Names all data sets."""
    return list(_NAMES)


def find(name: str):
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
            f"No data set is called {name!r}. {hint}There are: "
            f"{', '.join(_NAMES)}. Your own data is read as 'table' (images "
            "with captions, JSONL or CSV), 'folder' (images and texts by file "
            "name), 'labelled' (text, image, audio or features with a label), "
            "'questions' (images with questions and answers) or 'dialogues' "
            "(the same, with what was said before)."
        )
    module = name.replace("-", "_")
    return importlib.import_module(f"mmkeras.data.datasets.{module}")
