"""How the C library manages the memory of a process that trains."""

import ctypes
import os
import platform

# Constants of malloc.h.
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3

_VALUES = {
    _M_MMAP_THRESHOLD: 32 * 2**20,  # The maximum.
    _M_TRIM_THRESHOLD: 2**30,
    _M_TOP_PAD: 64 * 2**20,
}


def keep_freed():
    """Keeps up to 1 GiB of freed memory for later allocations.

    By default, glibc returns freed memory to the operating system, which
    clears it before the next allocation. TensorFlow allocates and frees the
    arrays of a training step on a CPU in this way; see `python -m benchmarks
    memory` for what it costs.

    Does nothing with other C libraries, and if the user has set one of
    glibc's `MALLOC_..._` environment variables.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    if any(name.startswith("MALLOC_") for name in os.environ):
        return
    mallopt = ctypes.CDLL(None).mallopt
    for option, value in _VALUES.items():
        mallopt(option, value)
