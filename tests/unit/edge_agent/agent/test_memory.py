"""Asked of a process of its own: the setting is the process's, and this one has others to test."""

import platform
import subprocess
import sys

PROGRAM = """
import ctypes
from edge_agent.agent.memory import LARGE_BYTES, return_large_blocks

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.mallinfo2.restype = type("Info", (ctypes.Structure,), {"_fields_": [(n, ctypes.c_size_t) for n in (
    "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split())]})


def mapped_by(size):
    before = libc.mallinfo2().hblks
    block = libc.malloc(size)
    found = libc.mallinfo2().hblks - before
    libc.free(block)
    return found


assert return_large_blocks()
libc.free(libc.malloc(20 * LARGE_BYTES))
print(mapped_by(10 * LARGE_BYTES), mapped_by(LARGE_BYTES // 2))
"""


def test_pictures_are_mapped_apart_even_after_a_larger_one_was_freed() -> None:
    if platform.libc_ver()[0] != "glibc":
        return
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["1", "0"], "")
