"""Chooses the columns of a table that are numbers or categories.

A column is left out if it may be an id, the label under another name, a split
or the name of a file, or if it has too many different texts.
"""

import collections
import dataclasses
import re

import numpy as np

from mmkeras.data import cells
from mmkeras.data import label_column

_MAX_CATEGORIES = 100
_MIN_ROWS = 4  # Of each category, on average.
_UNIQUE = 0.95  # Share of different whole numbers from which they are ids.
_MIN_EVIDENCE = 10  # Rows from which a column can predict the label.
_MOSTLY = 0.9
_CODE = re.compile(r"\s*0\d+\s*")  # A number would lose the zeros.
_FILE = re.compile(r"https?://|\S+/\S+\.\w+$|.+\.(\w{3,4})$")
_NAMES = {
    "named like an id": r"(.*[_\s.-])?(id|ids|uuid|guid|hash)|index|idx|"
    r"unnamed: ?\d+",
    "named like a file": r"(.*[_\s.-])?(file|filename|path|url|uri|link)",
    "named like a split": r"fold|set|subset|partition",
    "named like a label": r"class|category|target|y|tag|labels?|"
    r"(class|target|label)[_\s.-].*|.*[_\s.-](class|target|label)",
}
_CAMEL_ID = re.compile(r".*[a-z]I[dD]")  # `userId`


@dataclasses.dataclass
class Choice:
    """The columns of a table that are inputs by themselves.

    Attributes:
        numbers: List of columns.
        categories: List of columns.
        left_out: Dict from the other columns to reasons.
        leaks: Those of them that predict the label of every row.
    """

    numbers: list = dataclasses.field(default_factory=list)
    categories: list = dataclasses.field(default_factory=list)
    left_out: dict = dataclasses.field(default_factory=dict)
    leaks: list = dataclasses.field(default_factory=list)

    def describe(self):
        """Describes the choice in a line; `""` if there was none."""
        if not (self.numbers or self.categories or self.left_out):
            return ""
        reasons = [f"{k} ({reason})" for k, reason in self.left_out.items()]
        parts = {
            "Columns of numbers": self.numbers,
            "Columns of categories": self.categories,
            "Columns left out": reasons,
        }
        parts = [f"{k}: {', '.join(v) or 'none'}." for k, v in parts.items()]
        return (
            f"{' '.join(parts)} data.columns.numbers=A,B and "
            "data.columns.categories=C choose others; an empty "
            "data.columns.numbers= takes none."
        )


def choose(table, labels):
    """Chooses the columns of numbers and categories.

    Args:
        table: Dict from columns to lists of cells, one per row.
        labels: List of the cells of the labels.

    Returns:
        A `Choice`.
    """
    choice, labels = Choice(), label_column.read(labels)
    for name, column in table.items():
        kind, reason = _kind(name, column)
        if kind and _predicts(column, labels, kind):
            kind, reason = None, "it alone tells the label of every row"
            choice.leaks.append(name)
        if kind:
            getattr(choice, kind).append(name)
        else:
            choice.left_out[name] = reason
    return choice


def leaks(table, labels, kind):
    """Lists the columns that each tell the label of every row.

    Each category has one label, each class has numbers between two limits, or
    the label is a number that the column is proportional to, up to a constant.

    Args:
        table: Dict from columns to lists of cells, one per row.
        labels: List of the cells of the labels.
        kind: `"numbers"` or `"categories"`: what the columns are.

    Returns:
        List of names.
    """
    labels = label_column.read(labels)
    return [k for k, column in table.items() if _predicts(column, labels, kind)]


def _predicts(column, labels, kind):
    """Whether a column tells the label of every row; see `leaks`."""
    reader = cells.to_category if kind == "categories" else cells.to_number
    pairs = []
    for cell, label, error in zip(column, labels.labels, labels.errors):
        try:
            value = reader(cell)
        except ValueError:
            continue
        if not error and value is not None and value == value:
            pairs.append((value, _hashable(label)))
    if len(pairs) < max(_MIN_EVIDENCE, _MOSTLY * len(column)):
        return False
    if len({label for _, label in pairs}) < 2:
        return False
    if kind == "numbers" and labels.target == "number":
        return _is_linear(np.float64(pairs))
    return _decides(pairs) or (kind == "numbers" and _separates(pairs))


def _kind(name, column):
    """`"numbers"`, `"categories"`, or `None` and the reason."""
    for reason, pattern in _NAMES.items():
        if re.fullmatch(pattern, name.strip(), re.IGNORECASE):
            return None, reason
    if _CAMEL_ID.fullmatch(name.strip()):
        return None, "named like an id"
    try:
        values = [cells.to_category(cell) for cell in column]
    except ValueError:
        return None, "not one text or number in each row"
    values = [value for value in values if value is not None]
    if len({*values}) < 2:
        return None, "the same in all rows" if values else "empty"
    numbers = [_to_number(value) for value in values]
    numeric = [n for n in numbers if n is not None and n == n]
    is_code = any(map(_CODE.fullmatch, values))
    is_boolean = any(isinstance(cell, bool) for cell in column)
    if None not in numbers and not (is_code or is_boolean):
        return _numbers(numeric)
    return _categories(values, 0 if is_code else len(numeric) / len(values))


def _numbers(values):
    if not np.isfinite(values).all():
        return None, "it has infinite numbers"
    distinct = {*values}
    if len(distinct) < 2:
        return None, "the same in all rows"
    is_whole = all(float(value).is_integer() for value in distinct)
    if is_whole and len(distinct) >= _UNIQUE * len(values):
        return None, "whole numbers that differ in each row, like an id"
    return "numbers", ""


def _categories(values, numeric):
    """Decides about texts, of which a share are numbers."""
    if sum(map(bool, map(_FILE.fullmatch, values))) > _MOSTLY * len(values):
        return None, "names of files"
    if numeric > 0.5:
        bad = next(v for v in values if _to_number(v) is None)
        return None, f"not all numbers: {cells.abbreviate(bad)}"
    count = len({*values})
    if count > _MAX_CATEGORIES or _MIN_ROWS * count > len(values):
        return None, f"{count} different texts in {len(values)} rows"
    return "categories", ""


def _to_number(cell):
    """A number, NaN if it is missing, or `None` if it is something else."""
    try:
        return cells.to_number(cell)
    except ValueError:
        return None


def _hashable(label):
    return tuple(label) if isinstance(label, list) else label


def _decides(pairs):
    """Whether each value, many of which repeat, has one label."""
    labels = collections.defaultdict(set)
    for value, label in pairs:
        labels[value].add(label)
    repeats = 2 * len(labels) <= len(pairs)
    return repeats and all(len(names) == 1 for names in labels.values())


def _separates(pairs):
    """Whether each label has the numbers between two limits."""
    ordered = [label for _, label in sorted(pairs, key=lambda pair: pair[0])]
    ends = collections.defaultdict(set)
    for value, label in pairs:
        ends[value].add(label)
    changes = sum(a != b for a, b in zip(ordered, ordered[1:]))
    is_function = all(len(names) == 1 for names in ends.values())
    return is_function and changes == len({*ordered}) - 1


def _is_linear(pairs):
    """Whether two numbers are a linear function of each other."""
    x, y = pairs.T
    if not np.isfinite(pairs).all() or x.std() == 0 or y.std() == 0:
        return False
    return abs(np.corrcoef(x, y)[0, 1]) > 1 - 1e-9
