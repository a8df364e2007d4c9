"""A digest of the rows of a data set and the contents of their files."""

import hashlib
import json
import os

import numpy as np

from mmkeras.data import files
from mmkeras.data.decoding import frame_files
from mmkeras.files import digests

_FILES = ("image", "audio", "video")


def fingerprint(rows):
    """Hashes rows: texts, labels, arrays and contents of files.

    The paths of files do not count, so a data set may be moved.

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
    hashes = dict(zip(paths, contents(paths)))
    digest = hashlib.sha256()
    for row in rows:
        description = {
            name: hashes[value]
            if name in _FILES and isinstance(value, str)
            else _describe(value)
            for name, value in row.items()
        }
        text = json.dumps(description, sort_keys=True, default=str)
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def contents(values):
    """Hashes the contents of files.

    Args:
        values: Iterable of paths, of the bytes of files, and `None`.

    Returns:
        List of digests as of `files.digests.digest`, or of `frames_digest`;
        for a file that cannot be read, the reason.
    """
    values = list(values)
    reasons = [
        files.why_unreadable(value) if isinstance(value, str) else ""
        for value in values
    ]
    readable = [None if r else v for r, v in zip(reasons, values)]
    hashes = digests.digests(readable)
    hashes = [reason or digest for reason, digest in zip(reasons, hashes)]
    return [frames_digest(v) or digest for v, digest in zip(values, hashes)]


def frames_digest(value):
    """Hashes a video that is a folder of images.

    Args:
        value: Any value of a row.

    Returns:
        SHA-256 of the digests of its images in their order, in hexadecimal
        digits; `None` for anything but a folder of images.
    """
    if not isinstance(value, str) or not os.path.isdir(value):
        return None
    frames = frame_files.names(value)
    text = json.dumps(contents(frames))
    return hashlib.sha256(text.encode()).hexdigest() if frames else None


def _describe(value):
    """Converts a value to a type that JSON supports."""
    if isinstance(value, np.ndarray):
        content = np.ascontiguousarray(value).tobytes()
        return [str(value.dtype), list(value.shape), digests.digest(content)]
    if isinstance(value, bytes):
        return digests.digest(value)
    if isinstance(value, (list, tuple)):
        return [_describe(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value
