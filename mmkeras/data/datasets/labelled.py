"""Your own labelled data as a table: JSONL, CSV or TSV, one line an example.

The columns are any of `text`; `image` and `audio`, paths relative to the
table; `features`, the path of a `.npy` file with a vector or a sequence; and
`label`: a name, several (in JSONL a list, in CSV separated by `|`) or a
number; `split`, one of train, val and test; and `id`. What is empty is absent.
Without a column `split`, each example is assigned by a hash of its `id`, or of
its line: 80 % train, 10 % val, 10 % test.

    {"text": "What a day.", "audio": "voice/1.wav", "label": "happy"}

    text,image,label,split
    A dog.,photos/1.jpg,animal,train
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import feature_files
from mmkeras.data import files
from mmkeras.data.datasets import layout
from mmkeras.data.datasets import tabular

SOURCE = (
    "Write a table, JSONL, CSV or TSV, with the columns text, image, audio or "
    "features, label and split."
)
FIELDS = ("text", "image", "audio", "features")


def scan(folder=None) -> layout.Scan:
    """Reads a table.

    Args:
        folder: The table, or a folder with one `*.jsonl`, `*.csv` or
            `*.tsv`; None for `$MMKERAS_DATA/labelled`.

    Returns:
        A `Scan` of rows with `"id"`, `"split"`, `"label"` and the fields that
        are there; malformed lines are problems, named by line number.

    Raises:
        FileNotFoundError: If there is no such folder, or not one table.
    """
    folder = layout.locate("labelled", folder, SOURCE)
    path = layout.only_file(folder, *tabular.PATTERNS)
    found = layout.Scan()
    for number, values in tabular.lines(path, found, "labelled"):
        try:
            row = _row(path, number, values)
        except ValueError as error:
            found.skip(f"{path}:{number}", str(error))
        else:
            found.rows.append(row)
    _numbers(found.rows)
    found.draw_splits("id")
    return found


def rows(split, folder=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder).of_split(split)


def load(split, folder=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder))


def _row(path, number, values):
    """Checks one line."""
    label = values.get("label")
    if isinstance(label, list):
        label = [
            name.strip() if isinstance(name, str) else name for name in label
        ]
    if label is None or label == "":
        raise ValueError("expected a label in `label`")
    row = {
        "id": tabular.id_of(values, number),
        "split": layout.split_in(values),
        "label": label,
    }
    for field in FIELDS:
        value = values.get(field)
        if value is None or value == "":
            row[field] = None
        elif not isinstance(value, str):
            raise ValueError(f"expected text or a path in `{field}`")
        elif field == "text":
            row[field] = value
        elif field == "features":
            row[field] = _features(files.resolve(path.parent, value))
        else:
            row[field] = files.resolve(path.parent, value)
    if all(row[field] is None for field in FIELDS):
        raise ValueError(f"expected one of {', '.join(FIELDS)}")
    return row


def _features(path):
    try:
        return feature_files.read(path)
    except ValueError as error:
        raise ValueError(f"features: {path}: {error}") from error


def _numbers(rows):
    """Reads labels as numbers if all of them are."""
    try:
        numbers = [float(row["label"]) for row in rows]
    except (TypeError, ValueError):
        return
    whole = all(isinstance(row["label"], str) for row in rows) and all(
        number.is_integer() for number in numbers
    )
    if not whole:  # "0" and "1" in a CSV are names of classes.
        for row, number in zip(rows, numbers):
            row["label"] = number
