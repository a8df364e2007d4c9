"""Digests of the contents of files, whatever their names and times."""

import functools
import hashlib
import os
import stat
import time
from concurrent import futures

_MIN_AGE = 2  # Seconds after which another change has another time.


def digest(value):
    """Hashes the content of a file, or bytes.

    A file is read again only if its size or its time of status change
    (`ctime`, which programs cannot set) has changed in this process.

    Args:
        value: Path or bytes, or `None`.

    Returns:
        SHA-256 in hexadecimal digits; `None` for `None`, and for a path that
        is not a regular file or cannot be read.
    """
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    try:
        status = os.stat(value)
        if not stat.S_ISREG(status.st_mode):
            return None
        if time.time() - status.st_ctime < _MIN_AGE:
            return _file_digest(value)
        state = status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns
        return _cached_digest(os.fspath(value), state)
    except (OSError, TypeError, ValueError):
        return None


def digests(values):
    """Hashes many values, several at a time; see `digest`.

    Args:
        values: Iterable of paths, bytes and `None`.

    Returns:
        List of digests, in the order of the values.
    """
    with futures.ThreadPoolExecutor() as threads:
        return list(threads.map(digest, values))


def _file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1 << 20)
def _cached_digest(path, state):
    return _file_digest(path)
