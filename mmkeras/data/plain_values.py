"""Converts values of NumPy and pandas to plain Python values."""

import math
import os

import numpy as np


def plain(value):
    """Converts a value to a type that a table can contain.

    Args:
        value: Any value of a row, such as a cell of a pandas DataFrame.

    Returns:
        The value; a str for a path, a Python scalar for one of NumPy, a list
        for a tuple or an array of strings; `None` for NaN and pandas' missing
        values.
    """
    if isinstance(value, np.ndarray) and value.ndim:
        return value.tolist() if value.dtype.kind in "OSU" else value
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return None if type(value).__name__ in ("NAType", "NaTType") else value
