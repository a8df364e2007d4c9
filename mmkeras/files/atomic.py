"""Atomic writes: a file has its old or its new content, never a part."""

import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil

import filelock

_OWN = set()  # Names of the temporary files of this process.
_LEFTOVER = re.compile(r"\..+\.(\d+)-[0-9a-f]{8}\.part")


@contextlib.contextmanager
def writing(path):
    """Opens a file to write that replaces `path` once it is complete.

    Args:
        path: Where to write. An existing file is kept until the new one is
            on disk.

    Yields:
        A binary file object.

    Raises:
        OSError: If it cannot be written, e.g. on a full disk; the old file
            is then unchanged.
    """
    path = pathlib.Path(path)
    part = temporary(path)
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(
            error.errno,
            f"{path} could not be written ({error.strerror or error}); its "
            "previous content is intact. Free space and run the same command "
            "again",
        ) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write(path, fill):
    """Writes a file atomically.

    Args:
        path: As of `writing`.
        fill: Function that writes to a binary file object.

    Raises:
        OSError: As of `writing`.
    """
    with writing(path) as file:
        fill(file)


def write_json(path, value):
    """Writes a value as JSON atomically."""
    data = encode_json(value, indent=2)
    write(path, lambda file: file.write(data))


def encode_json(value, **options):
    """Encodes a value as one line of JSON in UTF-8.

    Halves of surrogate pairs, as in file names that are not UTF-8, become
    JSON's own escapes.

    Args:
        value: What to write.
        **options: Of `json.dumps`.

    Returns:
        bytes, ending in a line break.
    """
    text = json.dumps(value, ensure_ascii=False, **options) + "\n"
    return text.encode("utf-8", "backslashreplace")


def read_json(path, expected=object):
    """Reads JSON.

    Args:
        path: The file.
        expected: Type of the value, or a dict from required keys of an object
            to their expected values.

    Raises:
        ValueError: If the file is not valid JSON, is nested too deeply, or is
            not as expected; the error names the file.
    """
    try:
        value = json.loads(pathlib.Path(path).read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
    check_json(value, expected, path)
    return value


def check_json(value, expected, path, where=""):
    """Checks a value read from a JSON file.

    Args:
        value: The value.
        expected: As of `read_json`.
        path: The file's name, for errors.
        where: Key of the value in the file, for errors.

    Raises:
        ValueError: If the value is not as expected.
    """
    if not isinstance(value, dict if isinstance(expected, dict) else expected):
        raise ValueError(
            f"{path} is damaged, or a file of another kind. "
            f"Received{f' as {where!r}' if where else ''}: "
            f"{json.dumps(value)[:60]}"
        )
    for key, part in expected.items() if isinstance(expected, dict) else ():
        name = f"{where}.{key}" if where else key
        if key not in value:
            raise ValueError(
                f"{path} is damaged, or a file of another kind: {name!r} is "
                "missing"
            )
        check_json(value[key], part, path, name)


def update_json(path, change, expected=object):
    """Changes a JSON file under a lock.

    Args:
        path: The file; a hidden lock file is created next to it, and stays.
        change: Function from the value of the file, `None` if there is no
            file, to the new value.
        expected: As of `read_json`.

    Raises:
        ValueError: As of `read_json`.
        OSError: As of `writing`.
    """
    path = pathlib.Path(path)
    with filelock.FileLock(path.with_name(f".{path.name}.lock")):
        old = read_json(path, expected) if path.exists() else None
        write_json(path, change(old))


def temporary(path):
    """Names a new hidden file next to `path`, unique to this call.

    The name contains this process's id, so that `remove_leftovers` removes
    only files of processes that have ended.
    """
    path = pathlib.Path(path)
    unique = f"{os.getpid()}-{secrets.token_hex(4)}"
    part = path.with_name(f".{path.name}.{unique}.part")
    _OWN.add(part.name)
    return part


def remove_leftovers(folder):
    """Removes temporary files and folders of processes that were killed.

    Args:
        folder: Folder of the files that `temporary` named.
    """
    for path in pathlib.Path(folder).glob(".*.part"):
        match = _LEFTOVER.fullmatch(path.name)
        in_use = path.name in _OWN or (match and _is_running(int(match[1])))
        if match and not in_use:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_running(pid):
    """Returns whether another process has this id."""
    if pid == os.getpid():  # Ids are reused, e.g. in a container.
        return False
    if os.name == "nt":  # On Windows, `os.kill` would end the process.
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _sync_folder(folder):
    """Waits until a folder's new entry is on disk."""
    if os.name == "nt":  # Windows cannot open folders.
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # Some network drives do not support it.
    finally:
        os.close(handle)
