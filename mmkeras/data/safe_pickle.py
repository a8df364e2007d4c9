"""Reads pickles of only arrays and plain containers.

A pickle is a program: Python's own `load` executes the code of its author.
Here every global name in a pickle is looked up in a fixed table of stand-ins,
which store their arguments and are converted to values afterwards. The pickle
calls no function of NumPy, whose dtypes and arrays can corrupt memory if their
state is invalid.
"""

import pickle
import re

import numpy as np

_CODE = re.compile(r"[biufSU]\d{1,9}|[O]\d?")
_PLAIN = (bool, int, float, str, bytes, bytearray)
_READ_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)


def load(path):
    """Reads a pickle without executing any of it.

    Args:
        path: The file, of any protocol, as written by Python 3.

    Returns:
        Its content: dicts, lists, tuples, strings, bytes, numbers, `None`;
        NumPy's dtypes, and arrays and scalars of booleans, numbers and
        strings, which may be read-only; and lists instead of arrays of
        objects.

    Raises:
        ValueError: If it has any other content, or is truncated.
    """
    try:
        with open(path, "rb") as file:
            return _plain(_Reader(file).load(), {})
    except _READ_ERRORS as error:
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{path} is not a pickle of only NumPy arrays and plain "
            f"containers, or is truncated: {reason}. No code in it was "
            "executed. If the file is complete and you trust it, save it "
            "again with such values only."
        ) from error


class _Reader(pickle.Unpickler):
    def find_class(self, module, name):
        module = module.replace("numpy._core.", "numpy.core.")
        stand_in = _STAND_INS.get((module, name))
        if stand_in is None:
            raise ValueError(f"it refers to {f'{module}.{name}'[:80]!r}")
        return stand_in


class _Type:
    """Stands for a dtype."""

    __slots__ = ("code", "order")

    def __init__(self, code, *_):
        if not _CODE.fullmatch(code):
            raise ValueError(f"an array of dtype {code[:20]!r}")
        self.code, self.order = code, "|"

    def __setstate__(self, state):
        _, self.order, *parts = state[:5]
        if self.order not in ("<", ">", "|", "=") or any(parts):
            raise ValueError(f"an array of the structured dtype {self.code!r}")

    def plain(self, results):
        return np.dtype(self.order + self.code)


class _Array:
    """Stands for an array, whose content is set as its state."""

    __slots__ = ("shape", "type", "data", "order")

    def __init__(self, *_):
        pass

    def __setstate__(self, state):
        _, self.shape, self.type, fortran, self.data = state
        self.order = "F" if fortran else "C"

    def plain(self, results):
        if not isinstance(self.type, _Type):
            raise ValueError("an array without a dtype")
        if self.type.code.startswith("O"):
            if len(self.shape) != 1 or not isinstance(self.data, list):
                raise ValueError("a multidimensional array of objects")
            return _plain(self.data, results)
        if not isinstance(self.data, (bytes, bytearray)):
            raise ValueError("an array without data")
        kind = self.type.plain(results)
        return np.ndarray(self.shape, kind, self.data, order=self.order)


class _Buffered(_Array):
    """Stands for an array in protocol 5."""

    __slots__ = ()

    def __init__(self, data, kind, shape, order):
        self.__setstate__((1, shape, kind, order == "F", data))


class _Scalar(_Array):
    """Stands for a number or string of NumPy."""

    __slots__ = ()

    def __init__(self, kind, data):
        self.__setstate__((1, (), kind, False, data))

    def plain(self, results):
        return super().plain(results)[()]


class _Encoded:
    """Stands for bytes in protocol 2: empty, or as text in Latin-1."""

    __slots__ = ()

    def __new__(cls, text="", encoding="latin1"):
        return text.encode("latin1")


_STAND_INS = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.multiarray", "scalar"): _Scalar,
    ("numpy.core.numeric", "_frombuffer"): _Buffered,
    ("_codecs", "encode"): _Encoded,
    ("__builtin__", "bytes"): _Encoded,
}


def _plain(value, results):
    """Replaces stand-ins by arrays, each one once."""
    if id(value) in results:
        return results[id(value)][1]
    if isinstance(value, dict):
        result = {
            _plain(k, results): _plain(v, results) for k, v in value.items()
        }
    elif isinstance(value, (list, tuple)):
        result = type(value)(_plain(v, results) for v in value)
    elif isinstance(value, (_Array, _Type)):
        result = value.plain(results)
    elif value is None or type(value) in _PLAIN:
        return value
    else:
        raise ValueError(f"a value of type {type(value).__name__}")
    results[id(value)] = value, result
    return result
