"""Reads features, vectors or sequences of numbers, from `.npy` files."""

import io
import math
import tokenize

import numpy as np

from mmkeras.data import files

MAX_BYTES = 1 << 28
_MAGIC = b"\x93NUMPY"
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_READ_ERRORS = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)


def read(path):
    """Reads the array of an `.npy` file.

    The size that the header declares is compared with the size of the file
    before memory is allocated; pickled objects are refused.

    Args:
        path: Path of a file of at most 256 MiB.

    Returns:
        float32 array of shape `(size,)` or `(length, size)`.

    Raises:
        ValueError: If it cannot be read, or has other content; the error is
            the reason, without the path.
    """
    data = files.read(path, MAX_BYTES)
    if not data.startswith(_MAGIC):
        raise ValueError(_format_error(data))
    file = io.BytesIO(data)
    shape, fortran, dtype = _header(file)
    if dtype.kind not in "fiu" or len(shape) not in (1, 2):
        raise ValueError(
            "expected a vector (size,) or a sequence (length, size) of "
            f"numbers. Received: shape {shape}, dtype {dtype}"
        )
    if min(shape) < 1:
        raise ValueError(f"the array is empty: shape {shape}")
    start = file.tell()
    count = math.prod(shape)
    if count * dtype.itemsize > len(data) - start:
        raise ValueError(
            f"the header declares shape {shape} of {dtype}, "
            f"{count * dtype.itemsize:,} bytes, and the file has "
            f"{len(data) - start:,}: truncated or damaged"
        )
    array = np.frombuffer(data, dtype, count, start)
    with np.errstate(over="ignore"):  # A check reports infinite values.
        array = array.astype("float32")
    return array.reshape(shape, order="F" if fortran else "C")


def _header(file):
    """Reads shape, order and dtype."""
    try:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of the format")
        return _HEADERS[version](file)
    except _READ_ERRORS as error:
        reason = files.shorten(str(error) or type(error).__name__)
        raise ValueError(f"not a valid .npy file: {reason}") from error


def _format_error(data):
    """Returns why data is not an `.npy` file."""
    if not data:
        return "empty"
    if data.startswith(b"PK"):
        return (
            "expected an .npy file with one array, not an .npz archive; "
            "write each array with `numpy.save`"
        )
    if data.startswith(b"\x80"):
        return (
            "expected an .npy file, not a pickle; write the array with "
            "`numpy.save`"
        )
    return "not an .npy file; write the array with `numpy.save`"
