import platform

import pytest
from checks import run_python

from mmkeras import memory

# Allocates and frees in turns, and counts the pages that were cleared.
CODE = """
import ctypes, resource, sys
from mmkeras import memory
if sys.argv[1] == "keep":
    memory.keep_freed()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for turn in range(20):
    if turn == 10:
        before = faults()
    blocks = [libc.malloc(2**20) for _ in range(20)]
    for block in blocks:
        ctypes.memset(block, 1, 2**20)
    for block in blocks:
        libc.free(block)
print(faults() - before)
"""

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C library"
)


def faults(name, **environment):
    process = run_python(CODE, name, **environment)
    assert process.returncode == 0, process.stderr
    return int(process.stdout)


def test_freed_memory_is_not_cleared_again():
    assert faults("default") > 10_000  # 10 turns of 20 MiB, pages of 4 KiB.
    assert faults("keep") < 1_000


def test_the_user_s_own_settings_are_kept():
    assert faults("keep", MALLOC_TRIM_THRESHOLD_="0") > 10_000


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(memory.ctypes, "CDLL", None)
    memory.keep_freed()
