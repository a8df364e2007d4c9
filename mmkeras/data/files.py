"""Reads files that a table names: regular files of a limited size only."""

import errno
import os
import stat

MAX_BYTES = 1 << 30
MISSING = "no such file"
IMAGES = (".jpg", ".jpeg", ".jfif", ".png", ".gif", ".bmp", ".webp")
_NAME_BYTES = 255  # Of a file's name, on all common systems.


def resolve(folder, value):
    """Joins a folder and the path in a cell of a table.

    Args:
        folder: `pathlib.Path` that the path is relative to.
        value: str. The path, as written in the table.

    Returns:
        Path as a str.

    Raises:
        ValueError: If no file can have that path.
    """
    if value.startswith("data:"):
        raise ValueError(
            "expected the path of a file, not a data URI; save its content "
            f"as a file. Received: {shorten(value)}"
        )
    path = str(folder / value)
    try:
        parts = os.fsencode(path).split(b"/")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"expected the path of a file. Received: {ascii(value)}, which has "
            "half of a surrogate pair"
        ) from error
    if "\0" in path:
        raise ValueError(
            "expected the path of a file. Received: "
            f"{shorten(ascii(value))}, which has a null character"
        )
    if max(map(len, parts)) > _NAME_BYTES:
        raise ValueError(
            f"expected the path of a file. Received: {shorten(value)}, whose "
            f"name is longer than {_NAME_BYTES} bytes"
        )
    return path


def read(path, limit=MAX_BYTES):
    """Reads a file.

    Args:
        path: Path of a regular file. Folders, devices and pipes are an error
            before they are opened.
        limit: int. Maximum size in bytes, checked before memory is allocated.

    Returns:
        Its bytes.

    Raises:
        ValueError: If it cannot be read; the error is the reason, without
            the path.
    """
    try:
        _check(os.stat(os.fspath(path)), limit)
        with open(path, "rb", opener=_open) as file:
            status = os.fstat(file.fileno())
            _check(status, limit)
            return file.read(status.st_size)
    except (OSError, TypeError, UnicodeEncodeError) as error:
        raise ValueError(_reason(error)) from error


def why_unreadable(path, limit=MAX_BYTES):
    """Returns why a file cannot be read, or `""`, without reading it."""
    try:
        _check(os.stat(os.fspath(path)), limit)
    except (OSError, TypeError, ValueError) as error:
        return _reason(error)
    return ""


def shorten(text, length=60):
    """Cuts a text that is too long for a message."""
    return text if len(text) <= length else f"{text[:length]}..."


def _open(path, flags):
    # A pipe that has replaced the file since the first check does not block.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(status, limit):
    if not stat.S_ISREG(status.st_mode):
        kind = (
            "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
        )
        raise ValueError(f"not a regular file but {kind}")
    if status.st_size > limit:
        raise ValueError(
            f"the file has {status.st_size:,} bytes; the limit is {limit:,}"
        )


def _reason(error):
    if isinstance(error, UnicodeEncodeError):
        return "not a file path: it has half of a surrogate pair"
    if not isinstance(error, OSError):  # Not a path, or an error of `_check`.
        return str(error)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return MISSING
    return (error.strerror or str(error)).lower()
