"""Your own labelled data as a table: JSONL, CSV or TSV, one line an example.

The columns are any of `text`; `image` and `audio`, paths relative to the
table; `features`, the path of a `.npy` file with a vector or a sequence; and
`label`: a name, several (in JSONL a list, in CSV separated by `|`) or a
number; `split`, one of train, val and test; `group`, what examples belong to
that must not be separated, such as a speaker; and `id`. What is empty is
absent. All rows together decide what the labels are, see `data.label_kinds`.

Without a column `split`, a hash draws 80 % train, 10 % val and 10 % test of
each label; without rows of split val, a tenth of those for training. Examples
of a group, or of equal images or sounds, stay together.

    {"text": "What a day.", "audio": "voice/1.wav", "label": "happy"}

    text,image,label,split
    A dog.,photos/1.jpg,animal,train
"""

import tensorflow as tf

from mmkeras.data import examples
from mmkeras.data import feature_files
from mmkeras.data import files
from mmkeras.data import label_column
from mmkeras.data import label_kinds
from mmkeras.data.datasets import columns
from mmkeras.data.datasets import layout
from mmkeras.data.datasets import tabular

SOURCE = (
    "Write a table (JSONL, CSV or TSV) with the columns text, image, audio or "
    "features, label and split."
)
FIELDS = ("text", "image", "audio", "features")
_SCHEMA = columns.SCHEMAS["labelled"]


def scan(folder=None, target=None) -> layout.Scan:
    """Reads a table.

    Args:
        folder: The table, or a folder with one `*.jsonl`, `*.csv` or
            `*.tsv`; None for `$MMKERAS_DATA/labelled`.
        target: What the labels are: `"class"`, `"labels"` (several) or
            `"number"`; `None` to decide by all rows.

    Returns:
        A `Scan` of rows with `"id"`, `"split"`, `"group"`, `"label"`, a
        string, list of strings or float, and the fields that are there;
        malformed lines are problems, named by line number.

    Raises:
        FileNotFoundError: If there is no such folder, or not one table.
        ValueError: If `target` is unknown.
    """
    label_kinds.check_target(target)
    folder = layout.locate("labelled", folder, SOURCE)
    path = layout.only_file(folder, *tabular.PATTERNS)
    found = layout.Scan()
    rows = {}
    for number, values in tabular.lines(path, found, _SCHEMA):
        try:
            rows[f"{path}:{number}"] = _row(path, number, values)
        except ValueError as error:
            found.skip(f"{path}:{number}", str(error))
    rows = _labelled(rows, found, target)
    found.rows = list(rows.values())
    found.assign_splits(rows, stratify=True)
    return found


def rows(split, folder=None, target=None) -> list[dict]:
    """Gives the rows of one split; see `mmkeras.data.datasets`."""
    return scan(folder, target).of_split(split)


def load(split, folder=None, target=None) -> tf.data.Dataset:
    """Gives raw examples of one split; see `mmkeras.data.examples`."""
    return examples.load(rows(split, folder, target))


def _labelled(rows, found, target):
    """Reads the labels of rows by place; leaves out those that have none."""
    column = label_column.read([r["label"] for r in rows.values()], target)
    found.notes += column.notes
    good = {}
    for (place, row), label, error in zip(
        rows.items(), column.labels, column.errors
    ):
        if error:
            found.skip(place, error)
        else:
            good[place] = {**row, "label": label}
    return good


def _row(path, number, values):
    """Checks one line, all but its label."""
    row = {
        "id": tabular.id_of(values, number),
        "split": layout.split_in(values),
        "group": _group(values.get("group")),
        "label": values.get("label"),
    }
    for field in FIELDS:
        value = values.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            row[field] = None
        elif not isinstance(value, str):
            raise ValueError(f"expected a text or a path in `{field}`")
        elif field == "text":
            row[field] = value
        elif field == "features":
            row[field] = _features(files.resolve(path.parent, value))
        else:
            row[field] = files.resolve(path.parent, value)
    if all(row[field] is None for field in FIELDS):
        raise ValueError(f"expected at least one of {', '.join(FIELDS)}")
    return row


def _group(value):
    """Names a group, which may be a number; `None` if the cell is blank."""
    return None if value is None else str(value).strip() or None


def _features(path):
    try:
        return feature_files.read(path)
    except ValueError as error:
        raise ValueError(f"features: {path}: {error}") from error
