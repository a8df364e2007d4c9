"""Your own data as a table: JSONL or CSV, one line for each image or caption.

The columns are `image`, a path relative to the table; `caption`, or
`captions` (in JSONL a list, in CSV separated by `|`); and `split`, one of
train, val and test. An image may have several lines. Without a column
`split`, each image is assigned by a hash of its path: 80 % train, 10 % val,
10 % test, the same on every machine.

    {"image": "photos/1.jpg", "captions": ["A dog.", "A brown dog runs."]}

    image,caption,split
    photos/1.jpg,A dog.,train
"""

import csv
import json

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data.datasets import layout

SOURCE = (
    "Write a table, JSONL or CSV, with the columns image, caption (or "
    "captions) and split."
)


def scan(folder=None) -> layout.Scan:
    """Reads a table.

    Args:
        folder: The table, or a folder with one `*.jsonl` or `*.csv`; None
            for `$MMKERAS_DATA/table`.

    Returns:
        A `Scan`; malformed lines are problems, named by line number.

    Raises:
        FileNotFoundError: If there is no such folder, or not one table.
    """
    folder = layout.locate("table", folder, SOURCE)
    path = layout.only_file(folder, "*.jsonl", "*.csv")
    found = layout.Scan()
    images = {}
    for number, values in lines(path, found, {"caption", "captions"}):
        try:
            image, captions, split = _entry(values)
        except ValueError as error:
            found.blame("corrupt", f"{path}:{number}", str(error))
        else:
            images.setdefault((image, split), []).extend(captions)
    drawn = all(split == "" for _, split in images)
    if drawn and images:
        found.notes.append("Without a column `split`, a hash draws it.")
    for (image, split), captions in images.items():
        split = layout.split_by_hash(image) if drawn else split
        if not split:
            found.blame("corrupt", f"{path}: {image}", "has no split")
        found.add(image, path.parent / image, captions, split or None)
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).choose(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def lines(path, found, needed):
    """Reads the lines of a table.

    Args:
        path: A JSONL or CSV file.
        found: The `Scan` that takes note of lines that cannot be read.
        needed: Set of columns of which a CSV file must have one.

    Yields:
        Tuples of a line's number and its values, a dict.
    """
    if path.suffix.lower() == ".csv":
        yield from _csv_lines(path, found, needed)
    else:
        yield from _json_lines(path, found)


def check_texts(values, *fields):
    """Refuses a line that lacks a text in one of some fields.

    Args:
        values: Dict of a line, as of `lines`.
        *fields: Names.

    Raises:
        ValueError: If there is none, or an empty one.
    """
    for field in fields:
        if not isinstance(values.get(field), str) or not values[field].strip():
            raise ValueError(f"expected text in `{field}`")


def _entry(values):
    """Checks one line; returns its image, captions and split."""
    image = values.get("image")
    if not isinstance(image, str) or not image.strip():
        raise ValueError("expected the path of an image in `image`")
    captions = values.get("captions")
    captions = [] if captions is None else captions
    if values.get("caption") is not None:
        captions = [values["caption"]]
    if not isinstance(captions, list) or not all(
        isinstance(caption, str) for caption in captions
    ):
        raise ValueError("expected text in `caption`, or a list in `captions`")
    name = values.get("split")
    name = "" if name is None else name
    split = layout.split_named(name) if isinstance(name, str) else None
    if name != "" and not split:
        raise ValueError(
            f"expected train, val or test in `split`, not {name!r}"
        )
    return image.strip(), captions, split or ""


def _json_lines(path, found):
    for number, line in layout.lines(path, found):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            found.blame("corrupt", f"{path}:{number}", f"no JSON: {error}")
            continue
        if isinstance(values, dict):
            yield number, values
        else:
            detail = "expected an object in braces"
            found.blame("corrupt", f"{path}:{number}", detail)


def _csv_lines(path, found, needed):
    # Bytes that are no UTF-8 become surrogates, to be found in their row.
    with path.open(
        encoding="utf-8-sig", errors="surrogateescape", newline=""
    ) as file:
        reader = csv.DictReader(file, strict=True)
        columns = _columns(reader)
        captions = "captions" in needed
        if not set(columns) & needed or (captions and "image" not in columns):
            wanted = "image and caption" if captions else " or ".join(needed)
            detail = f"expected columns {wanted}, found {columns}"
            found.blame("corrupt", f"{path}:1", detail)
            return
        for number, values, problem in _csv_rows(reader):
            problem = problem or _csv_problem(values, len(columns))
            if problem:
                found.blame("corrupt", f"{path}:{number}", problem)
                continue
            if "captions" in values:
                values["captions"] = values["captions"].split("|")
            yield number, values


def _columns(reader):
    try:
        return list(reader.fieldnames or [])
    except csv.Error:
        return []


def _csv_rows(reader):
    """Yields the number of a row's line, its cells and what is wrong."""
    while True:
        first = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield first, {}, str(error)
        else:
            yield reader.line_num, values, ""


def _csv_problem(values, expected):
    """Says what is wrong with the cells of a line, or ""."""
    if None in values or None in values.values():
        return f"expected {expected} cells"
    try:
        "".join(values.values()).encode("utf-8")
    except UnicodeEncodeError:
        return "no UTF-8"
    return ""
