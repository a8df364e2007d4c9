"""Reads NumPy's `.npz` files, sizes checked before memory is allocated."""

import contextlib
import math
import struct
import zipfile
import zlib

import numpy as np

from mmkeras.files import sizes

_READ_ERRORS = (
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@contextlib.contextmanager
def opened(file):
    """Opens an `.npz` file.

    Args:
        file: Path, or a binary file object that can seek.

    Yields:
        An `Arrays`.

    Raises:
        ValueError: If it is not a complete `.npz` file.
        FileNotFoundError: If there is no such file.
    """
    try:
        archive = zipfile.ZipFile(file)
    except FileNotFoundError:
        raise
    except _READ_ERRORS as error:
        raise _value_error(error) from error
    with archive:
        yield Arrays(archive)


class Arrays:
    """The arrays of an open `.npz` file.

    Args:
        archive: A `zipfile.ZipFile`.

    Attributes:
        names: List of the arrays' names.
    """

    def __init__(self, archive):
        self._archive = archive
        names = archive.namelist()
        self.names = [name.removesuffix(".npy") for name in names]

    def shape(self, name):
        """Returns an array's shape, without reading the array."""
        with self._member(name) as (_, shape, _, _):
            return shape

    def dtype(self, name):
        """Returns an array's dtype, without reading the array."""
        with self._member(name) as (_, _, _, dtype):
            return dtype

    def read(self, name):
        """Reads a whole array."""
        with self._member(name) as (member, shape, fortran, dtype):
            array = np.frombuffer(member.read(), dtype)
            return array.reshape(shape, order="F" if fortran else "C")

    def rows(self, name):
        """Reads an array row by row, one in memory at a time.

        Args:
            name: Name of an array of at least one axis, in C order.

        Yields:
            Arrays of shape `shape[1:]`.
        """
        with self._member(name) as (member, shape, fortran, dtype):
            if fortran and len(shape) > 1:
                yield from self.read(name)
                return
            size = dtype.itemsize * math.prod(shape[1:])
            for _ in range(shape[0]):
                row = np.frombuffer(member.read(size), dtype)
                yield row.reshape(shape[1:])

    @contextlib.contextmanager
    def _member(self, name):
        """Opens an array after its header, which is checked."""
        try:
            info = self._archive.getinfo(f"{name}.npy")
            sizes.check_ratio(info.file_size, info.compress_size)
            with self._archive.open(info) as member:
                shape, fortran, dtype = _header(member)
                header_size = dtype.itemsize * math.prod(shape)
                size = info.file_size - member.tell()
                if header_size != size:
                    raise ValueError(
                        f"the header of {name!r} declares {header_size} bytes, "
                        f"but it has {size}"
                    )
                yield member, shape, fortran, dtype
        except _READ_ERRORS as error:
            raise _value_error(error) from error


def _header(member):
    version = np.lib.format.read_magic(member)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"arrays of format {version} are not supported")
    shape, fortran, dtype = readers[version](member)
    if dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"arrays of dtype {dtype} are not supported")
    return shape, fortran, dtype


def _value_error(error):
    return ValueError(str(error) or type(error).__name__)
