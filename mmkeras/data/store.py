"""Arrays that are computed once and stored on disk under a key.

An array `<key>.npy` is complete if `<key>.json` next to it describes it; that
file is written last, atomically. Until then there is `<key>.part`, with its
progress in `<key>.progress`: if the process is killed, the next one resumes.
All files can be deleted at any time. An array of the wrong size, shape or
content (64 blocks of it are compared) is computed again.
"""

import errno
import hashlib
import json
import os
import pathlib
import re
import time

import filelock
import numpy as np

from mmkeras.files import atomic

_OWN = re.compile(
    r"\.?[0-9a-f]{32}\.(npy|json|part|progress|lock|write)(\..*)?"
)
_SECONDS_BETWEEN_RECORDS = 20
_BLOCKS = 64
_READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
)


def cached(
    key_parts, make, shape, dtype, folder=None, progress=None, errors=None
):
    """Returns an array from disk, after computing it if it does not exist.

    If another process is computing the array, waits for it.

    Args:
        key_parts: Dict of everything the array depends on, for JSON.
        make: Function of the array to fill and the number of rows that are
            already filled. After each batch it yields the number of rows
            filled, the total, and a list of `(row id, error)` of the rows that
            could not be read.
        shape: Shape of the array.
        dtype: Its dtype.
        folder: Folder of the array; None for `$MMKERAS_CACHE`, or else
            `~/.cache/mmkeras`.
        progress: Function of the number of rows filled and the total, called
            as the array is computed.
        errors: List to which `(row id, error)` of the rows that could not be
            read is added. `None` to raise an error.

    Returns:
        Memory-mapped array, read only.

    Raises:
        ValueError: If rows could not be read and `errors` is None.
        OSError: If the disk is full; the partial file is deleted.
    """
    folder = _home(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shape = tuple(int(side) for side in shape)
    path = folder / (_key(key_parts, shape, dtype) + ".npy")
    array, bad = _open(path, shape, dtype)
    if array is None:
        with filelock.FileLock(path.with_suffix(".lock")):
            atomic.remove_leftovers(folder)
            array, bad = _open(path, shape, dtype)
            if array is None:
                _compute(
                    path, make, shape, dtype, progress or (lambda *_: None)
                )
                array, bad = _open(path, shape, dtype)
    if array is None:
        raise OSError(f"{path} was damaged during writing. Try again.")
    _report(bad, errors)
    return array


def clear(folder=None) -> int:
    """Deletes all arrays of a folder, complete or partial.

    Args:
        folder: As for `cached`. Other files are not deleted.

    Returns:
        Number of bytes that were freed.
    """
    freed = 0
    for file in _home(folder).glob("*"):
        if _OWN.fullmatch(file.name):
            freed += file.stat().st_size
            file.unlink(missing_ok=True)
    return freed


def _home(folder):
    home = folder or os.environ.get("MMKERAS_CACHE") or "~/.cache/mmkeras"
    return pathlib.Path(home).expanduser()


def _key(parts, shape, dtype):
    key = [parts, list(shape), np.dtype(dtype).str]
    text = json.dumps(key, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _report(bad, errors):
    """Adds `(row id, error)` of bad rows to a list, or raises an error."""
    if bad and errors is None:
        text = "; ".join(f"{name}: {error}" for name, error in bad[:5])
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise ValueError(
            f"{len(bad)} images could not be read. Received: {text}{more}. Fix "
            "or remove these rows, or pass `errors=[]` to replace them with "
            "black images."
        )
    if errors is not None:
        errors.extend((name, error) for name, error in bad)


def _open(path, shape, dtype):
    """Opens an array if it is complete; returns it and its errors."""
    try:
        description = json.loads(path.with_suffix(".json").read_bytes())
        array = np.load(path, mmap_mode="r")
        matches = array.shape == shape and array.dtype == dtype
        if matches and description["spots"] == _checksum(path):
            return array, description["errors"]
    except _READ_ERRORS:
        pass  # Missing or damaged: computed again.
    return None, []


def _checksum(path):
    """Hashes a file's size and 64 blocks of it, spread evenly."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for offset in np.linspace(0, max(size - 4096, 0), _BLOCKS):
            file.seek(int(offset))
            digest.update(file.read(4096))
    return digest.hexdigest()


def _compute(path, make, shape, dtype, progress):
    """Computes an array, resuming the work of a killed process."""
    part, progress_path = (
        path.with_suffix(".part"),
        path.with_suffix(".progress"),
    )
    start, errors = _resume(part, progress_path, shape, dtype)
    try:
        if not start:
            _allocate(part, shape, dtype)
        array = np.lib.format.open_memmap(part, "r+")
        recorded = time.monotonic()
        for done, total, bad in make(array, start):
            errors += bad
            progress(done, total)
            if time.monotonic() - recorded > _SECONDS_BETWEEN_RECORDS:
                array.flush()
                atomic.write_json(
                    progress_path, {"done": done, "errors": errors}
                )
                recorded = time.monotonic()
        array.flush()
        description = {"spots": _checksum(part), "errors": errors}
        os.replace(part, path)
        atomic.write_json(path.with_suffix(".json"), description)
    except Exception as error:
        part.unlink(missing_ok=True)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(path, shape, dtype) from error
        raise
    finally:
        if not part.exists():
            progress_path.unlink(missing_ok=True)


def _resume(part, progress_path, shape, dtype):
    """Returns the number of rows of a killed process, and its errors."""
    try:
        array = np.load(part, mmap_mode="r")
        if array.shape == shape and array.dtype == dtype:
            state = json.loads(progress_path.read_bytes())
            return int(state["done"]), list(state["errors"])
    except _READ_ERRORS:
        pass  # Nothing to resume.
    return 0, []


def _allocate(part, shape, dtype):
    """Creates a file of zeros and reserves its space on disk.

    Writing to a mapped file on a full disk would kill the process.
    """
    np.lib.format.open_memmap(part, "w+", dtype, shape)
    size = part.stat().st_size
    with part.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.seek(size - np.dtype(dtype).itemsize * int(np.prod(shape)))
            while file.tell() < size:
                file.write(b"\0" * min(2**20, size - file.tell()))


def _disk_full(path, shape, dtype):
    size = np.dtype(dtype).itemsize * int(np.prod(shape)) / 1e9
    return OSError(
        errno.ENOSPC,
        f"The disk is full: an array of {size:.2f} GB does not fit. Free "
        "space, delete the cache, or set MMKERAS_CACHE to a folder on another "
        "disk",
        str(path.parent),
    )
