"""Infers the type of labels: classes, several labels, or numbers.

Reading a table, checking it, training and the label codec all use these rules:

- `"labels"`, any number of names per row, if a row has a list; a single name
  is then a list of one;
- `"number"`, if most rows are numbers and one has decimals, or they are too
  many different whole numbers to be classes;
- `"class"`, one name per row, otherwise. Few different whole numbers and
  booleans are classes.
"""

import numbers

import numpy as np

TARGETS = ("class", "labels", "number")
_MAX_CLASSES = 20  # Whole numbers with more values are not classes.
_MAX_NAMES = 10
_LARGEST = float(np.finfo("float32").max)
_PLAIN = (str, int, float, bool, list)


def check_target(target):
    """Raises a `ValueError` if a target is unknown and not `None`."""
    if target is not None and target not in TARGETS:
        raise ValueError(
            f"`target` must be one of {', '.join(TARGETS)}. "
            f"Received: target={target!r}"
        )


def infer(values):
    """Infers the type of labels.

    Args:
        values: List of strings, numbers, booleans or lists of strings, of all
            rows. Floats count as numbers with decimals.

    Returns:
        One of `TARGETS`.
    """
    if any(isinstance(value, (list, tuple)) for value in values):
        return "labels"
    finite = [value for value in values if is_finite_number(value)]
    if not mostly_numbers(values) or _are_classes(finite):
        return "class"
    return "number"


def is_number(value):
    """Returns whether a value is a number, finite or not; booleans are not."""
    if type(value) in _PLAIN:  # Most values are; the other test is slow.
        return type(value) in (int, float)
    return isinstance(value, numbers.Real) and not is_boolean(value)


def is_finite_number(value):
    """Returns whether a value is a number that is finite in float32."""
    return is_number(value) and bool(abs(value) <= _LARGEST)


def name_of(value):
    """Returns the name of the class of a label.

    Args:
        value: A string, whole number or boolean.

    Returns:
        The string itself; `"true"` or `"false"`; or the number's digits.
    """
    if isinstance(value, str):
        return value
    if is_boolean(value):
        return str(bool(value)).lower()
    return str(value)


def describe(labels):
    """Describes labels in one line.

    Args:
        labels: List as in a `Column`, without `None`.

    Returns:
        String such as `"label: 3 classes (bad, good, neutral)"`.
    """
    if labels and all(map(is_number, labels)):
        return f"label: number from {min(labels):g} to {max(labels):g}"
    names = sorted({name for label in labels for name in names_in(label)})
    text = ", ".join(names[:_MAX_NAMES])
    text += ", ..." if len(names) > _MAX_NAMES else ""
    if any(isinstance(label, list) for label in labels):
        return f"label: several of {len(names)} labels ({text})"
    plural = "" if len(names) == 1 else "es"
    return f"label: {len(names)} class{plural} ({text})"


def names_in(label):
    """Lists the names in a label: one class, several labels, or none."""
    if isinstance(label, (list, tuple)):
        return list(label)
    return [] if is_number(label) else [name_of(label)]


def is_boolean(value):
    """Returns whether a value is true or false."""
    return isinstance(value, (bool, np.bool_))


def mostly_numbers(values):
    """Returns whether most values are numbers, ignoring non-finite ones."""
    finite = sum(map(is_finite_number, values))
    not_finite = sum(map(is_number, values)) - finite
    return 2 * finite > len(values) - not_finite


def _are_classes(values):
    """Returns whether numbers are classes: few integers, or 0, 1, 2, ..."""
    if not all(isinstance(value, numbers.Integral) for value in values):
        return False
    distinct = sorted(set(values))
    if len(distinct) <= _MAX_CLASSES:
        return True
    first, last = distinct[0], distinct[-1]
    is_range = first in (0, 1) and last - first + 1 == len(distinct)
    return is_range and 2 * len(distinct) <= len(values)
