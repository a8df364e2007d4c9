"""Digests of what files hold, whatever their names and times."""

import functools
import hashlib
import os
import stat
import time
from concurrent import futures

_SETTLED = 2  # Seconds after which a second change has another time.


def digest(value):
    """Hashes the content of a file, or bytes.

    A file is read once for as long as this process runs and the system says
    that nothing has changed it: its time of change of state (`ctime`), which
    no program can set, is held against that.

    Args:
        value: Path or bytes, or `None`.

    Returns:
        SHA-256 in hexadecimal digits; `None` for `None`, and for what is not
        a regular file or cannot be read.
    """
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    try:
        about = os.stat(value)
        if not stat.S_ISREG(about.st_mode):
            return None
        if time.time() - about.st_ctime < _SETTLED:
            return _of_file(value)
        state = about.st_dev, about.st_ino, about.st_size, about.st_ctime_ns
        return _remembered(os.fspath(value), state)
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


def _of_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1 << 20)
def _remembered(path, state):
    return _of_file(path)
