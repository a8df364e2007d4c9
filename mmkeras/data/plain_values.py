"""Values of NumPy and pandas as plain Python ones."""

import math
import os

import numpy as np


def plain(value):
    """Makes a value what a table could hold.

    Args:
        value: Any value of a row, such as a cell of a pandas DataFrame.

    Returns:
        The value; a path as a str, a scalar of NumPy as Python's, tuples and
        arrays of strings as lists; `None` for NaN and pandas' missing values.
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
