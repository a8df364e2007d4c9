"""Arrays that are made once and kept on disk, under a key of what made them.

An array `<key>.npy` counts as made when `<key>.json` beside it describes it;
that file is written last, in one stroke. Until then there is `<key>.part`,
with `<key>.progress` saying how far it is: a process killed at any moment
leaves what the next one goes on from. All can be deleted at any time. An
array of the wrong size, shape or content (64 blocks of it are compared) is
made again.
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
_SPOTS = 64
_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    RecursionError,
)


def cached(key_parts, make, shape, dtype, folder=None, progress=None, bad=None):
    """Returns an array from disk, making it if it is not there.

    A second process that asks for an array in the making waits for it.

    Args:
        key_parts: Dict of all that the array depends on, for JSON.
        make: Function of the array to fill and the number of rows filled
            already. It yields, after each batch, how many rows are filled,
            how many there are in all, and a list of `(row id, error)` for
            those that could not be read.
        shape: Shape of the array.
        dtype: Its dtype.
        folder: Where to keep it; None for `$MMKERAS_CACHE`, or else
            `~/.cache/mmkeras`.
        progress: Function of the rows filled and rows in all, called as the
            array is made.
        bad: List to which `(row id, error)` of the rows that could not be
            read is added. Without it, such rows are an error.

    Returns:
        Memory-mapped array, read only.

    Raises:
        ValueError: If rows could not be read and `bad` is None.
        OSError: If the disk is full; nothing is left on it then.
    """
    folder = _home(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shape = tuple(int(side) for side in shape)
    path = folder / (_key(key_parts, shape, dtype) + ".npy")
    array, errors = _open(path, shape, dtype)
    if array is None:
        with filelock.FileLock(path.with_suffix(".lock")):
            atomic.remove_leftovers(folder)
            array, errors = _open(path, shape, dtype)
            if array is None:
                _make(path, make, shape, dtype, progress or (lambda *_: None))
                array, errors = _open(path, shape, dtype)
    if array is None:
        raise OSError(f"{path} was damaged during writing. Try again.")
    _report(errors, bad)
    return array


def clear(folder=None) -> int:
    """Deletes all arrays of a folder, and what was being made.

    Args:
        folder: As for `cached`. Other files in it stay.

    Returns:
        How many bytes were freed.
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
    whole = [parts, list(shape), np.dtype(dtype).str]
    text = json.dumps(whole, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _report(errors, bad):
    if errors and bad is None:
        named = "; ".join(f"{name}: {error}" for name, error in errors[:5])
        more = f" and {len(errors) - 5} more" if len(errors) > 5 else ""
        raise ValueError(
            f"{len(errors)} images could not be read. Received: "
            f"{named}{more}. Fix or remove these rows, or pass a list as "
            "`bad` to replace them with black images."
        )
    if bad is not None:
        bad.extend((name, error) for name, error in errors)


def _open(path, shape, dtype):
    """Opens an array if it is whole; returns it and its errors."""
    try:
        about = json.loads(path.with_suffix(".json").read_bytes())
        array = np.load(path, mmap_mode="r")
        whole = array.shape == shape and array.dtype == dtype
        if whole and about["spots"] == _spots(path):
            return array, about["errors"]
    except _DAMAGED:
        pass  # Missing or damaged: to be made again.
    return None, []


def _spots(path):
    """Hashes a file's size and 64 blocks of it, spread evenly."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for place in np.linspace(0, max(size - 4096, 0), _SPOTS):
            file.seek(int(place))
            digest.update(file.read(4096))
    return digest.hexdigest()


def _make(path, make, shape, dtype, progress):
    """Makes an array, going on from where a killed process left it."""
    part, record = path.with_suffix(".part"), path.with_suffix(".progress")
    start, errors = _resume(part, record, shape, dtype)
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
                atomic.write_json(record, {"done": done, "errors": errors})
                recorded = time.monotonic()
        array.flush()
        about = {"spots": _spots(part), "errors": errors}
        os.replace(part, path)
        atomic.write_json(path.with_suffix(".json"), about)
    except Exception as error:
        part.unlink(missing_ok=True)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(path, shape, dtype) from error
        raise
    finally:
        if not part.exists():
            record.unlink(missing_ok=True)


def _resume(part, record, shape, dtype):
    """Says how many rows a killed process has left, and its errors."""
    try:
        array = np.load(part, mmap_mode="r")
        if array.shape == shape and array.dtype == dtype:
            about = json.loads(record.read_bytes())
            return int(about["done"]), list(about["errors"])
    except _DAMAGED:
        pass  # Nothing to go on from.
    return 0, []


def _allocate(part, shape, dtype):
    """Makes a file of zeros that takes up its room on the disk.

    Writing to a mapped file that has no room kills the process.
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
