"""Numbered version folders for TF Serving, written atomically."""

import contextlib
import os
import pathlib
import re
import shutil

try:
    import fcntl
except ImportError:  # Windows: without a lock.
    fcntl = None

_PARTIAL = ".partial-"


@contextlib.contextmanager
def new_version(folder, version=None):
    """Opens a version folder that appears complete, or not at all.

    Files are written into a hidden folder next to the versions, which servers
    ignore. It is renamed to its number at the end. After an error it is
    removed; leftovers of killed processes are removed by the next call.

    Args:
        folder: The folder of all versions; created if necessary.
        version: int, at least 1, or `None` for the one after the highest.

    Yields:
        Tuple of the folder to write into, and the folder that it becomes.

    Raises:
        ValueError: If the version is not a positive integer.
        FileExistsError: If the version exists.
        BlockingIOError: If another process is writing a version.
    """
    _check(version)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        for left in folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left)
        path = folder / str(version or max(numbers(folder), default=0) + 1)
        if path.exists():
            raise FileExistsError(
                f"{path} exists already, and versions are never written over. "
                "Pass another `version`, or None for the next one."
            )
        part = folder / f"{_PARTIAL}{path.name}"
        part.mkdir()
        try:
            yield part, path
            _flush(part)
            os.rename(part, path)
            _flush(folder, inside=False)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def numbers(folder):
    """Lists the versions in a folder, ascending."""
    return sorted(
        int(path.name)
        for path in pathlib.Path(folder).iterdir()
        if re.fullmatch("0|[1-9][0-9]*", path.name) and path.is_dir()
    )


def newest(folder):
    """Finds the newest SavedModel in a folder.

    Args:
        folder: A version folder, or the folder of all versions.

    Returns:
        Path of the version folder; among several, the one with the highest
        number, as TF Serving does.

    Raises:
        FileNotFoundError: If there is no SavedModel.
    """
    folder = pathlib.Path(folder)
    paths = [folder]
    if folder.is_dir():
        paths += [folder / str(number) for number in numbers(folder)[-1:]]
    for path in paths:
        if (path / "saved_model.pb").exists():
            return path
    raise FileNotFoundError(
        f"There is no export at {folder}: neither the folder nor its newest "
        "version has a `saved_model.pb`. Create one with `mmkeras export`."
    )


def _check(version):
    whole = isinstance(version, int) and not isinstance(version, bool)
    if version is not None and not (whole and version >= 1):
        raise ValueError(
            "`version` must be an integer of at least 1, or None for the next "
            f"one. Received: version={version!r}"
        )


@contextlib.contextmanager
def _locked(folder):
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"{folder} is in use: another process is writing a version. "
                "Wait until it has finished."
            ) from None
        except OSError:
            pass  # Some network drives cannot lock a folder.
        yield
    finally:
        os.close(handle)


def _flush(folder, inside=True):
    """Writes all files to the disk, before the folder is renamed."""
    paths = [folder, *(folder.rglob("*") if inside else ())]
    for path in paths:
        if os.name == "nt":  # Windows cannot open folders.
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
