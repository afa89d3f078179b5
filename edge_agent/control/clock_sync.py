"""How far this machine's UTC can be trusted: asked of the kernel, decided here.

NTP daemons (systemd-timesyncd, chrony, ntpd) tell the kernel when they hold the clock, and adjtimex(2) tells
it to anybody, without root and without the daemon's own tools.
"""

import ctypes
import math
from dataclasses import dataclass
from datetime import UTC, datetime

from fleet.wire.messages import CLOCK_HOLDOVER, CLOCK_SYNCED, CLOCK_UNSYNCED

HOLDOVER_S = 24 * 3600.0
"""A crystal of 50 ppm drifts 4 s in a day; past that its time is a guess."""

TIME_FLOOR = datetime(2025, 1, 1, tzinfo=UTC)
"""This program did not exist before: an earlier clock is wrong, whoever says that it is synchronised."""

_TIME_ERROR = 5
_STA_UNSYNC = 0x0040


class _Timex(ctypes.Structure):
    """The head of C's `struct timex`, and room for its rest (208 bytes in all where long has 64 bits)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 24),
    )


@dataclass(frozen=True, slots=True)
class KernelClock:
    """What adjtimex said: `max_error_s` is the kernel's own bound on the clock's error."""

    synced: bool
    max_error_s: float


def clock_state(kernel: KernelClock, utc: datetime, last_synced_s: float | None, now_s: float) -> int:
    """0 synced, 1 holdover, 2 unsynced, as on the wire.

    Args:
        kernel: from `read_kernel_clock`.
        utc: what the clock shows.
        last_synced_s: monotonic time at which it was last synced since boot; None if never.
        now_s: monotonic time now.
    """
    if utc < TIME_FLOOR:
        return CLOCK_UNSYNCED
    if kernel.synced:
        return CLOCK_SYNCED
    if last_synced_s is not None and now_s - last_synced_s <= HOLDOVER_S:
        return CLOCK_HOLDOVER
    return CLOCK_UNSYNCED


def read_kernel_clock() -> KernelClock:
    """Ask the kernel; where it may not be asked, the clock counts as not synced."""
    timex = _Timex()
    answer: int = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    if answer < 0:
        return KernelClock(synced=False, max_error_s=math.inf)
    return KernelClock(answer != _TIME_ERROR and not timex.status & _STA_UNSYNC, timex.maxerror / 1e6)


class ClockWatch:
    """Remembers when the clock was last synced, so that holdover can be told from never."""

    def __init__(self) -> None:
        self._last_synced_s: float | None = None

    def state(self, kernel: KernelClock, utc: datetime, now_s: float) -> int:
        """State now; call it at least once in a heartbeat."""
        state = clock_state(kernel, utc, self._last_synced_s, now_s)
        if state == CLOCK_SYNCED:
            self._last_synced_s = now_s
        return state
