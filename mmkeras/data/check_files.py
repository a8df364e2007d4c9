"""Checks the images and sounds of a data set: each file is decoded once."""

import collections
import itertools
import os
import pathlib

from mmkeras.data import cache
from mmkeras.data import codecs
from mmkeras.data.problems import Problem
from mmkeras.data.problems import unreadable

CODECS = {"image": codecs.Image((16, 16)), "audio": codecs.Audio(8000, 0.1)}
_SEVERAL = {"image": "images", "audio": "audio files"}


def problems(rows, progress):
    """Decodes all files of rows, small.

    Args:
        rows: Rows of a data set.
        progress: Function of the files done and in all.

    Yields:
        `Problem`s: `missing`, `corrupt` and `empty` files, and `missing`
        folders.
    """
    places = {field: in_files(rows, field) for field in CODECS}
    for field, named in places.items():
        yield from _missing_folders(field, named)
    done, total = 0, sum(map(len, places.values()))
    for field, named in places.items():
        order = iter(named.values())
        for _, errors in cache.batches(list(named), CODECS[field]):
            for place, error in zip(
                itertools.islice(order, len(errors)), errors
            ):
                if error:
                    yield _problem(field, place, error.decode("utf-8"))
            done += len(errors)
            progress(done, total)


def in_files(rows, field):
    """Finds the files of a field.

    Args:
        rows: Rows of a data set.
        field: `"image"` or `"audio"`.

    Returns:
        Dict from the different files, paths or bytes, to where they are, as
        of `where`.
    """
    found = {}
    for row in rows:
        value = row.get(field)
        if isinstance(value, (str, bytes)) and value != "":
            found.setdefault(value, where(row, field))
    return found


def where(row, field):
    """Says where a file is: its path, or the row that has its bytes."""
    value = row[field]
    return value if isinstance(value, str) else f"{row['id']}: {field}"


def _missing_folders(field, places):
    """Names folders that do not exist, and leaves out the files in them."""
    folders = collections.defaultdict(list)
    for value in places:
        if isinstance(value, str):
            folders[str(pathlib.Path(value).parent)].append(value)
    for folder, values in folders.items():
        if not os.path.isdir(folder):
            for value in values:
                del places[value]
            detail = f"the folder of {len(values)} {_SEVERAL[field]}"
            yield Problem("missing", folder, detail)


def _problem(field, where, reason):
    if reason == "empty":
        return Problem("empty", where, reason)
    return unreadable(where, f"the {field}", reason)
