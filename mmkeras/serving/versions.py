"""Numbered version folders, as TF Serving reads them: whole or not there."""

import contextlib
import os
import pathlib
import re
import shutil

try:
    import fcntl
except ImportError:  # Windows: there is no lock, the rest holds.
    fcntl = None

_PARTIAL = ".partial-"


@contextlib.contextmanager
def new_version(folder, version=None):
    """Opens a version folder that appears whole, or not at all.

    What is written goes into a hidden folder beside the others, which a server
    that watches the folder ignores. It gets its number in one stroke at the
    end. An error removes it; what a killed process left behind is removed by
    the next call.

    Args:
        folder: The folder of all versions; made if need be.
        version: int, at least 1, or `None` for the one after the highest.

    Yields:
        Tuple of the folder to write into, and the folder that it becomes.

    Raises:
        ValueError: If the version is no number.
        FileExistsError: If there is such a version already.
        BlockingIOError: If another process is writing a version.
    """
    _check(version)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
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
    """Finds the SavedModel that a folder stands for.

    Args:
        folder: A version folder, or the folder of all versions.

    Returns:
        Path of the version folder; of several, the one TF Serving serves.

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
def _alone_in(folder):
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
    """Waits until everything is on the disk, before it is given a name."""
    paths = [folder, *(folder.rglob("*") if inside else ())]
    for path in paths:
        if os.name == "nt":  # Windows opens no folders.
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
