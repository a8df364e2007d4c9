"""Cells of the columns of a table that hold numbers or categories."""

import math
import numbers

from mmkeras.data import label_kinds
from mmkeras.data.plain_values import plain

SPACE = " \t\n\r\f\v"  # What `tf.strings.strip` removes.
_MISSING = ("", "na", "n/a", "nan", "null", "none")  # In columns of numbers.
_MAX_CHARACTERS = 80  # Of a cell in an error.


def to_number(cell):
    """Reads a cell of a column of numbers.

    Args:
        cell: A number, a boolean, a string, or `None`.

    Returns:
        float, NaN where the cell is missing: `None`, empty, `NaN`, `NA`,
        `N/A`, `null` or `none`. It may be infinite.

    Raises:
        ValueError: If it is not a number.
    """
    cell = plain(cell)
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    if cell is None or (
        isinstance(cell, str) and cell.strip().casefold() in _MISSING
    ):
        return math.nan
    readable = isinstance(cell, numbers.Real | str) and "_" not in str(cell)
    try:
        if readable:
            return float(cell)
    except (OverflowError, ValueError):
        pass
    raise ValueError(f"expected a number. Received: {abbreviate(cell)}")


def to_finite_number(cell):
    """Reads a cell of a column of numbers in a data set.

    Args:
        cell: As of `to_number`.

    Returns:
        float, or `None` where the cell is missing.

    Raises:
        ValueError: If it is not a number that is finite in float32.
    """
    number = to_number(cell)
    if math.isnan(number):
        return None
    if not label_kinds.is_finite_number(number):
        raise ValueError(
            f"expected a finite number. Received: {abbreviate(cell)}"
        )
    return number


def to_category(cell):
    """Reads a cell of a column of categories.

    Args:
        cell: A string, a number, a boolean, or `None`.

    Returns:
        A string without outer white space; `None` where the cell is missing.
        Whole numbers have no decimals.

    Raises:
        ValueError: If it is of another type.
    """
    cell = plain(cell)
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    if cell is None or isinstance(cell, str):
        return (cell or "").strip(SPACE) or None
    if not isinstance(cell, numbers.Real):
        raise ValueError(
            f"expected a text or a number. Received: {abbreviate(cell)}"
        )
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return label_kinds.name_of(cell)


def abbreviate(cell):
    """Describes a cell for an error."""
    return repr(cell)[:_MAX_CHARACTERS]
