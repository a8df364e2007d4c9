"""Reads a table's column of labels; `label_kinds` decides its type."""

import collections
import dataclasses
import numbers
import re
import unicodedata

from mmkeras.data import label_kinds

_MAX_CHARACTERS = 80  # Of a cell in an error.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclasses.dataclass
class Column:
    """The labels of a table.

    Attributes:
        target: One of `label_kinds.TARGETS`.
        labels: List with one entry per row: a string (`"class"`), a list of
            strings (`"labels"`) or a float (`"number"`); `None` where the
            cell cannot be read.
        errors: List of errors, empty strings where the cell could be read.
        notes: List of sentences.
    """

    target: str
    labels: list
    errors: list
    notes: list


def read(cells, target=None):
    """Reads the cells of a column of labels.

    Outer white space is removed, and strings are brought to Unicode's NFC.

    Args:
        cells: List of values of the table: strings, numbers,
            booleans, lists of strings.
        target: One of `label_kinds.TARGETS`; `None` to infer it.

    Returns:
        A `Column`.

    Raises:
        ValueError: If `target` is unknown.
    """
    label_kinds.check_target(target)
    clean = [_clean(cell) for cell in cells]
    errors = [_form_error(cell) for cell in clean]
    values = [_parse(cell) for cell in clean]
    valid = [value for value, error in zip(values, errors) if not error]
    explicit, target = target, target or label_kinds.infer(valid)
    convert = {"class": _to_class, "labels": _to_labels, "number": _to_number}
    style = _Style.of(valid)
    labels = []
    for i, (cell, value) in enumerate(zip(clean, values)):
        label = None
        if not errors[i]:
            try:
                label = convert[target](cell, value, style)
            except ValueError as error:
                errors[i] = str(error)
        labels.append(label)
    known_labels = [label for label in labels if label is not None]
    notes = _notes(cells, clean, known_labels, target)
    if not explicit:
        notes += _alternative(known_labels, target)
    return Column(target, labels, errors, notes)


def _clean(cell):
    if isinstance(cell, str):
        return unicodedata.normalize("NFC", cell.strip())
    if isinstance(cell, (list, tuple)):
        return [_clean(c) if isinstance(c, str) else c for c in cell]
    return cell


def _form_error(cell):
    """Returns why a cell cannot be a label of any kind, or ""."""
    if cell is None or cell == "":
        return "expected a label in `label`"
    if isinstance(cell, list):
        if not all(isinstance(name, str) for name in cell):
            return (
                "expected a list of strings in `label`: write numbers in "
                f'quotes, as in ["b", "3"]. Received: {_abbreviate(cell)}'
            )
    elif not isinstance(cell, str) and not isinstance(cell, numbers.Real):
        return (
            "expected a name, a list of names or a number in `label`. "
            f"Received: {_abbreviate(cell)}"
        )
    try:
        "".join(cell if isinstance(cell, (str, list)) else "").encode("utf-8")
    except UnicodeEncodeError:
        return f"`label` is not valid Unicode. Received: {_abbreviate(cell)}"
    return ""


def _parse(cell):
    """Converts a clean cell to a number or boolean if it is one."""
    if isinstance(cell, str):
        if cell.casefold() in ("true", "false"):
            return cell.casefold() == "true"
        if not _NUMBER.fullmatch(cell) and not _NOT_FINITE.fullmatch(cell):
            return cell
        if cell.lstrip("+-").isdigit() and len(cell) < 100:
            return int(cell)
        cell = float(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


@dataclasses.dataclass
class _Style:
    """How the values of a column are written."""

    numeric: bool
    whole: bool
    boolean: bool

    @classmethod
    def of(cls, values):
        finite = filter(label_kinds.is_finite_number, values)
        return cls(
            numeric=label_kinds.mostly_numbers(values),
            whole=all(isinstance(v, numbers.Integral) for v in finite),
            boolean=all(map(label_kinds.is_boolean, values)),
        )


def _to_class(cell, value, style):
    if isinstance(cell, list):
        if len(cell) != 1 or not cell[0]:
            raise ValueError(
                f"expected one class in `label`. Received: {_abbreviate(cell)}"
            )
        return cell[0]
    is_number = label_kinds.is_number(value)
    if is_number and not label_kinds.is_finite_number(value):
        if style.numeric or not isinstance(cell, str):
            raise ValueError(_not_a_number(cell))
        return cell  # A word among words.
    if not isinstance(cell, str):
        return label_kinds.name_of(value)
    if style.boolean:
        return cell.casefold()
    is_code = cell.isdigit()  # "007" is another class than "7".
    return str(value) if is_number and style.whole and not is_code else cell


def _to_labels(cell, value, style):
    if isinstance(cell, str):
        cell = [name.strip() for name in cell.split("|")]
    if not isinstance(cell, list):
        raise ValueError(
            "expected a name or a list of names in `label`, as in the other "
            f"rows: write numbers in quotes. Received: {_abbreviate(cell)}"
        )
    if not all(cell) or any("|" in name for name in cell):
        raise ValueError(
            "expected label names that are not empty and do not contain `|` "
            f"in `label`. Received: {_abbreviate(cell)}"
        )
    return list(dict.fromkeys(cell))


def _to_number(cell, value, style):
    if not label_kinds.is_finite_number(value):
        raise ValueError(_not_a_number(cell))
    return float(value)


def _not_a_number(cell):
    return (
        "expected a finite number in `label`, as in the other rows. "
        f"Received: {_abbreviate(cell)}"
    )


def _abbreviate(cell):
    return repr(cell)[:_MAX_CHARACTERS]


def _notes(cells, clean, labels, target):
    notes = []
    changed = [
        old
        for old, new in zip(cells, clean)
        if isinstance(new, (str, list)) and new and new != old
    ]
    if changed:
        notes.append(
            "label: surrounding white space is removed, and Unicode is "
            f"normalized to NFC; labels changed: {len(changed)}, the first "
            f"{_abbreviate(changed[0])}."
        )
    counts = collections.Counter(
        name for label in labels for name in label_kinds.names_in(label)
    )
    alike = _alike(counts)
    if alike:
        notes.append(f"label: names that differ only in case: {alike}.")
    if target == "class" and 2 < len(labels) < 2 * len(counts):
        notes.append(
            f"label: {len(labels)} rows have {len(counts)} different classes. "
            "Is the column a class, or rather free text or an id?"
        )
    return notes


def _alternative(labels, target):
    """Notes how else a column of whole numbers could be read."""
    if target == "number" and all(map(float.is_integer, labels)):
        return [
            "label: integers with many different values are read as a number; "
            "`task.target=class` (for `check`, `--target class`) reads them as "
            "classes."
        ]
    if target == "class" and labels and all(map(_is_whole, set(labels))):
        return [
            "label: integers with few different values are read as classes; "
            "`task.target=number` (for `check`, `--target number`) reads them "
            "as a number."
        ]
    return []


def _is_whole(name):
    return bool(_NUMBER.fullmatch(name)) and "." not in name


def _alike(names):
    """Lists the first names that differ in case only, or ""."""
    groups = collections.defaultdict(list)
    for name in sorted(names):
        groups[name.casefold()].append(name)
    return next((", ".join(g) for g in groups.values() if len(g) > 1), "")
