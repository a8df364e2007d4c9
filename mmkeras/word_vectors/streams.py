"""Files to read, optionally compressed, and to write atomically."""

import contextlib
import gzip
import io
import os
import pathlib
import zlib

from mmkeras.files import atomic
from mmkeras.files import sizes

_GZIP = b"\x1f\x8b"


@contextlib.contextmanager
def reading(path):
    """Opens a file to read; gzip is detected from its content.

    Args:
        path: The file.

    Yields:
        A seekable binary file object.

    Raises:
        ValueError: If the compressed data ends early, is damaged, or
            decompresses to far more than real data does.
        OSError: If the file cannot be read.
    """
    with open(path, "rb") as raw:
        is_gzip = raw.peek(2)[:2] == _GZIP
        stream = io.BufferedReader(_GzipStream(raw, path)) if is_gzip else raw
        with stream as file:
            try:
                yield file
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise ValueError(
                    f"{path} has truncated or damaged gzip data ({error}). "
                    "Download it again."
                ) from error


def largest(path):
    """Returns the largest number of bytes `reading` can read from a file."""
    with open(path, "rb") as file:
        is_gzip = file.read(2) == _GZIP
    size = os.path.getsize(path)
    return sizes.largest(size) if is_gzip else size


class _GzipStream(io.RawIOBase):
    """Content of a gzip file, within limits.

    Args:
        raw: Binary file object.
        path: Name of the file, for errors.
    """

    def __init__(self, raw, path):
        self._file = gzip.open(raw)
        self._path = path
        self._size = os.path.getsize(path)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, place, whence=os.SEEK_SET):
        return self._file.seek(place, whence)

    def tell(self):
        return self._file.tell()

    def readinto(self, buffer):
        count = self._file.readinto(buffer)
        try:
            sizes.check_ratio(self._file.tell(), self._size)
        except ValueError as error:
            raise ValueError(f"{self._path} cannot be read: {error}") from error
        return count


@contextlib.contextmanager
def writing(path):
    """Opens a file to write atomically: it appears when it is complete.

    Args:
        path: The file, compressed if its name ends in `.gz`. An existing file
            is unchanged until the new one is on disk.

    Yields:
        A binary file object.

    Raises:
        OSError: If it cannot be written; an existing file is unchanged.
    """
    with atomic.writing(path) as raw:
        if pathlib.Path(path).suffix == ".gz":
            # Without name and time, so that equal vectors give equal files.
            with gzip.GzipFile("", "wb", 6, raw, 0) as file:
                yield file
        else:
            yield raw
