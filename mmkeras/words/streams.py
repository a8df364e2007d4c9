"""Files to read, perhaps compressed, and to write in one stroke."""

import contextlib
import gzip
import pathlib
import zlib

from mmkeras.files import atomic

_GZIP = b"\x1f\x8b"


@contextlib.contextmanager
def reading(path):
    """Opens a file to read; what it holds says whether it is gzip's.

    Args:
        path: The file.

    Yields:
        A binary file object that can seek.

    Raises:
        ValueError: If the compressed data ends early or is damaged.
        OSError: If the file cannot be read.
    """
    with open(path, "rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        with gzip.open(raw) if packed else contextlib.nullcontext(raw) as file:
            try:
                yield file
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise ValueError(
                    f"{path} is cut off or damaged within its gzip data "
                    f"({error}). Download it again."
                ) from error


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
