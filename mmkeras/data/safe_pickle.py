"""Reads pickles of arrays and plain containers, and of nothing else.

A pickle is a program: who reads a stranger's with Python's own `load` runs
what the stranger wrote. Here every name that a pickle asks for is looked up in
a fixed table of stand-ins; they keep what they are given, and what it amounts
to is made of it afterwards. Nothing of NumPy's own is called by the pickle,
since its dtypes and arrays, given odd states, reach into memory.
"""

import pickle
import re

import numpy as np

_CODE = re.compile(r"[biufSU]\d{1,9}|[O]\d?")
_PLAIN = (bool, int, float, str, bytes, bytearray)
_FAULTS = (
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
    """Reads a pickle without running anything of it.

    Args:
        path: The file, of any protocol, as written by Python 3.

    Returns:
        What it holds: dicts, lists, tuples, strings, bytes, numbers, `None`;
        NumPy's dtypes, and arrays and scalars of booleans, numbers and
        strings, which are perhaps not to be written to; and in place of
        arrays of objects, lists.

    Raises:
        ValueError: If it asks for anything else, or was cut short.
    """
    try:
        with open(path, "rb") as file:
            return _plain(_Reader(file).load(), {})
    except _FAULTS as error:
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
        found = _STAND_INS.get((module, name))
        if found is None:
            raise ValueError(f"it refers to {f'{module}.{name}'[:80]!r}")
        return found


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

    def plain(self, done):
        return np.dtype(self.order + self.code)


class _Array:
    """Stands for an array; what it is made of comes as its state."""

    __slots__ = ("shape", "type", "data", "order")

    def __init__(self, *_):
        pass

    def __setstate__(self, state):
        _, self.shape, self.type, fortran, self.data = state
        self.order = "F" if fortran else "C"

    def plain(self, done):
        if not isinstance(self.type, _Type):
            raise ValueError("an array without a dtype")
        if self.type.code.startswith("O"):
            if len(self.shape) != 1 or not isinstance(self.data, list):
                raise ValueError("a multidimensional array of objects")
            return _plain(self.data, done)
        if not isinstance(self.data, (bytes, bytearray)):
            raise ValueError("an array without data")
        kind = self.type.plain(done)
        return np.ndarray(self.shape, kind, self.data, order=self.order)


class _Buffered(_Array):
    """Stands for an array as protocol 5 writes it."""

    __slots__ = ()

    def __init__(self, data, kind, shape, order):
        self.__setstate__((1, shape, kind, order == "F", data))


class _Scalar(_Array):
    """Stands for a number or string of NumPy's."""

    __slots__ = ()

    def __init__(self, kind, data):
        self.__setstate__((1, (), kind, False, data))

    def plain(self, done):
        return super().plain(done)[()]


class _Encoded:
    """Stands for bytes as protocol 2 writes them: none, or in Latin-1."""

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


def _plain(value, done):
    """Puts arrays in the place of what stands for them, each one once."""
    if id(value) in done:
        return done[id(value)][1]
    if isinstance(value, dict):
        made = {_plain(k, done): _plain(v, done) for k, v in value.items()}
    elif isinstance(value, (list, tuple)):
        made = type(value)(_plain(v, done) for v in value)
    elif isinstance(value, (_Array, _Type)):
        made = value.plain(done)
    elif value is None or type(value) in _PLAIN:
        return value
    else:
        raise ValueError(f"a value of type {type(value).__name__}")
    done[id(value)] = value, made
    return made
