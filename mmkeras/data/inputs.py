"""Checks the raw inputs of a batch, and reads their files."""

import collections.abc
import difflib
import os

from mmkeras.data import files
from mmkeras.data import problems
from mmkeras.data.plain_values import plain


def lists(batch, fields):
    """Checks a batch of raw inputs.

    Args:
        batch: Dict of lists by field, one value per example; or a pandas
            DataFrame, whose columns of these names are used.
        fields: Names of the fields that may be given.

    Returns:
        Dict of lists by field, all of one length.

    Raises:
        ValueError: If a field is unknown, there is no field, the value of a
            field is not a list, or the lists differ in length.
    """
    if hasattr(batch, "to_dict"):
        batch = _of_frame(batch, fields)
    if not isinstance(batch, collections.abc.Mapping):
        raise ValueError(
            f"Expected a dict of lists by field, e.g. {{{fields[0]!r}: "
            f"[...]}}. Received: {_describe(batch)}"
        )
    unknown = sorted(set(map(str, batch)) - set(fields))
    if unknown or not batch:
        raise ValueError(
            f"Expected at least one of {list(fields)}. Received: "
            f"{sorted(map(str, batch))}{_suggestion(unknown, fields)}"
        )
    columns = {
        field: _to_list(field, values) for field, values in batch.items()
    }
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError(
            "Expected lists of equal length. Received: "
            f"{ {field: len(values) for field, values in columns.items()} }"
        )
    return columns


def to_bytes(value, receiver="An input"):
    """Encodes one raw value that is packed as a string, in UTF-8.

    Half of a surrogate pair, which UTF-8 cannot hold, becomes bytes that are
    not UTF-8, so that decoding them reports it.

    Args:
        value: str, bytes, or `None` for a missing value.
        receiver: Name of the value's receiver, for the error.

    Returns:
        bytes, empty if the value is missing.

    Raises:
        ValueError: If the value is of another type.
    """
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return value
    raise ValueError(
        f"{receiver} expects str, bytes or None (missing). Received: a value "
        f"of type {type(value).__name__}"
    )


def read(values, read_file=files.read):
    """Reads the files in a list of values.

    Args:
        values: List of values: a str that is not empty, or a path object,
            is the path of a file; all others are left as they are.
        read_file: Function from a path to bytes, as `Codec.read_file`.

    Returns:
        Tuple of the list of values, bytes in place of paths; and a list of
        errors, empty where there is none. The value is `None` where a file
        cannot be read.
    """
    contents, errors = list(values), [""] * len(values)
    for i, value in enumerate(contents):
        if not isinstance(value, (str, os.PathLike)) or value == "":
            continue
        try:
            contents[i] = read_file(value)
        except ValueError as error:
            contents[i] = None
            path = problems.printable(files.shorten(os.fspath(value), 200))
            errors[i] = (
                f"{path}: {error}. Pass the bytes or the path of a file."
            )
    return contents, errors


def _of_frame(frame, fields):
    """Returns the fields of a DataFrame; all columns if it has none."""
    columns = frame.to_dict("list")
    inputs = {name: columns[name] for name in fields if name in columns}
    return {
        name: [plain(value) for value in values]
        for name, values in (inputs or columns).items()
    }


def _to_list(field, values):
    """Returns one field's values as a list."""
    single = (str, bytes, bytearray, os.PathLike, collections.abc.Mapping)
    if not isinstance(values, single):
        try:
            return list(values)
        except TypeError:
            pass
    raise ValueError(
        f"{field!r} expects a list with one value per example. Received: "
        f"{_describe(values)}. For a single example, pass a list of one: "
        f"{{{field!r}: [value]}}."
    )


def _describe(value):
    kind = type(value).__name__
    if isinstance(value, (str, os.PathLike)):
        return f"the {kind} {files.shorten(repr(value))}"
    return f"a value of type {kind}"


def _suggestion(unknown, fields):
    """Suggests a field in place of an unknown one."""
    for name in unknown:
        close = difflib.get_close_matches(name.lower(), fields, 1)
        if close:
            return f". Did you mean {close[0]!r} instead of {name!r}?"
    return ""
