"""Checks the files of a data set by decoding each once."""

import collections
import itertools
import os
import pathlib

from mmkeras.data import cache
from mmkeras.data import codecs
from mmkeras.data.problems import Problem
from mmkeras.data.problems import unreadable

CODECS = {
    "image": codecs.Image((16, 16)),
    "audio": codecs.Audio(8000, 0.1),
    "video": codecs.Video(256, (16, 16)),
}
_PLURALS = {"image": "images", "audio": "audio files", "video": "videos"}


def problems(rows, progress):
    """Decodes all files of rows, small.

    Args:
        rows: Rows of a data set.
        progress: Function of the number of files done and the total.

    Yields:
        `Problem`s: `missing`, `corrupt` and `empty` files, and `missing`
        folders.
    """
    places = {field: in_files(rows, field) for field in CODECS}
    for field, locations in places.items():
        yield from _missing_folders(field, locations)
    done, total = 0, sum(map(len, places.values()))
    for field, locations in places.items():
        order = iter(locations.values())
        for _, errors in cache.batches(list(locations), CODECS[field]):
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
        field: `"image"`, `"audio"` or `"video"`.

    Returns:
        Dict from distinct files, paths or bytes, to their locations, as of
        `where`.
    """
    locations = {}
    for row in rows:
        value = row.get(field)
        if isinstance(value, (str, bytes)) and value != "":
            locations.setdefault(value, where(row, field))
    return locations


def where(row, field):
    """Returns the location of a file: its path, or the row with its bytes."""
    value = row[field]
    return value if isinstance(value, str) else f"{row['id']}: {field}"


def _missing_folders(field, places):
    """Reports folders that do not exist, and removes their files."""
    folders = collections.defaultdict(list)
    for value in places:
        if isinstance(value, str):
            folders[str(pathlib.Path(value).parent)].append(value)
    for folder, values in folders.items():
        if not os.path.isdir(folder):
            for value in values:
                del places[value]
            detail = f"the folder of {len(values)} {_PLURALS[field]}"
            yield Problem("missing", folder, detail)


def _problem(field, where, reason):
    if reason == "empty":
        return Problem("empty", where, reason)
    return unreadable(where, f"the {field}", reason)
