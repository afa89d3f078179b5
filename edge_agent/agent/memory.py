"""Memory that stays flat over years: what is as large as a picture goes back to the system when it is let go.

glibc raises the size from which it maps memory apart to that of the largest block freed so far, so pictures
come to live in the heaps of the threads, and each heap grows to the most that it ever held at once. A fixed
size stops that: with four cameras the agent held 92 MB of its own that went up and down, in place of 106 MB
reached step by step, at the same cost.
"""

import ctypes
from typing import Final

LARGE_BYTES: Final = 128 * 1024
"""Less than any picture; glibc's own first value."""
_M_MMAP_THRESHOLD: Final = -3


def return_large_blocks() -> bool:
    """Have blocks from `LARGE_BYTES` on mapped apart; False where the C library knows no such setting."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library than glibc
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))
