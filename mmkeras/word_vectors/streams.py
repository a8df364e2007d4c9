"""Files to read, perhaps compressed, and to write in one stroke."""

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
    """Opens a file to read; what it holds says whether it is gzip's.

    Args:
        path: The file.

    Yields:
        A binary file object that can seek.

    Raises:
        ValueError: If the compressed data ends early, is damaged, or unpacks
            to far more than real data does.
        OSError: If the file cannot be read.
    """
    with open(path, "rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        unpacked = io.BufferedReader(_Unpacked(raw, path)) if packed else raw
        with unpacked as file:
            try:
                yield file
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise ValueError(
                    f"{path} has truncated or damaged gzip data ({error}). "
                    "Download it again."
                ) from error


def largest(path):
    """The most bytes that `reading` can read from a file."""
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP
    size = os.path.getsize(path)
    return sizes.largest(size) if packed else size


class _Unpacked(io.RawIOBase):
    """What a file compressed by gzip holds, within limits.

    Args:
        raw: Binary file object.
        path: The file's name, for errors.
    """

    def __init__(self, raw, path):
        self._file = gzip.open(raw)
        self._path = path
        self._packed = os.path.getsize(path)

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
            sizes.check_ratio(self._file.tell(), self._packed)
        except ValueError as error:
            raise ValueError(f"{self._path} cannot be read: {error}") from error
        return count


@contextlib.contextmanager
def writing(path):
    """Opens a file to write that appears, whole, when all is written.

    Args:
        path: The file, compressed if its name ends in `.gz`. One that is
            there stays as it is until the new one is on disk.

    Yields:
        A binary file object.

    Raises:
        OSError: If it cannot be written; the old file is untouched then.
    """
    with atomic.writing(path) as raw:
        if pathlib.Path(path).suffix == ".gz":
            # No name and no time: equal vectors make equal files.
            with gzip.GzipFile("", "wb", 6, raw, 0) as file:
                yield file
        else:
            yield raw
