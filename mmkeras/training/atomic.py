"""Files that are old or new, never half."""

import json
import os
import pathlib


def write(path, fill):
    """Writes a file in one stroke.

    Args:
        path: Where to write. A file that is there stays whole until the new
            one is on disk.
        fill: Function that writes to a binary file object.

    Raises:
        OSError: If it cannot be written, e.g. on a full disk; the old file
            is untouched then.
    """
    path = pathlib.Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(
            error.errno,
            f"{path} could not be written ({error.strerror}); what was there "
            "before is whole. Make room and give the same command again",
        ) from error


def write_json(path, value):
    """Writes a value as JSON, in one stroke."""
    data = encode_json(value, indent=2)
    write(path, lambda file: file.write(data))


def encode_json(value, **options):
    """Encodes a value as a line of JSON in UTF-8.

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


def read_json(path):
    """Reads JSON.

    Raises:
        ValueError: If the file does not hold JSON; the error names it.
    """
    try:
        return json.loads(pathlib.Path(path).read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
