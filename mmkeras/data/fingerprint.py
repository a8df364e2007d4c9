"""A digest of the rows of a data set, and of all that they hold."""

import hashlib
import json

import numpy as np

from mmkeras.data import files
from mmkeras.files import digests

_FILES = ("image", "audio")


def fingerprint(rows):
    """Hashes rows: their texts, labels and arrays, and what their files hold.

    Where the files are is no part of it: a data set that was moved stays the
    same.

    Args:
        rows: Rows of a data set.

    Returns:
        Sixteen hexadecimal digits.
    """
    paths = {
        row[name]
        for row in rows
        for name in _FILES
        if isinstance(row.get(name), str)
    }
    known = dict(zip(paths, contents(paths)))
    whole = hashlib.sha256()
    for row in rows:
        described = {
            name: known[value]
            if name in _FILES and isinstance(value, str)
            else _described(value)
            for name, value in row.items()
        }
        text = json.dumps(described, sort_keys=True, default=str)
        whole.update(text.encode())
    return whole.hexdigest()[:16]


def contents(values):
    """Hashes what files hold.

    Args:
        values: Iterable of paths, of the bytes of files, and `None`.

    Returns:
        List of digests as of `files.digests.digest`; in place of that of a
        file that cannot be read, the reason.
    """
    values = list(values)
    reasons = [
        files.why_unreadable(value) if isinstance(value, str) else ""
        for value in values
    ]
    readable = [None if r else v for r, v in zip(reasons, values)]
    found = digests.digests(readable)
    return [reason or digest for reason, digest in zip(reasons, found)]


def _described(value):
    """A value as JSON can hold it."""
    if isinstance(value, np.ndarray):
        content = np.ascontiguousarray(value).tobytes()
        return [str(value.dtype), list(value.shape), digests.digest(content)]
    if isinstance(value, bytes):
        return digests.digest(value)
    if isinstance(value, (list, tuple)):
        return [_described(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value
