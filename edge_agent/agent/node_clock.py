"""The node's two clocks read together: how monotonic time maps to UTC now, and how far to trust it."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from edge_agent.control.clock_sync import ClockWatch, KernelClock, read_kernel_clock
from edge_agent.outbox.seal import ClockReading, is_trusted

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_ASK_AGAIN_S: Final = 1.0


class NodeClock:
    """Safe between threads; the kernel is asked at most once a second.

    Args:
        boot_id: file that names the running boot.
        kernel: says whether somebody vouches for the clock.
    """

    def __init__(
        self, boot_id: Path = BOOT_ID, kernel: Callable[[], KernelClock] = read_kernel_clock
    ) -> None:
        self._kernel = kernel
        try:
            self._boot = boot_id.read_text("ascii").strip()
        except OSError:
            self._boot = uuid.uuid4().hex  # no such file: anchors are then good for this process only
        self._watch = ClockWatch()
        self._lock = threading.Lock()
        self._asked_at_s = float("-inf")
        self._state = 0

    def read(self) -> ClockReading:
        """The mapping at this moment."""
        now_s = time.monotonic()
        utc = datetime.now(tz=UTC)
        with self._lock:
            if now_s - self._asked_at_s >= _ASK_AGAIN_S:
                self._state = self._watch.state(self._kernel(), utc, now_s)
                self._asked_at_s = now_s
            state = self._state
        return ClockReading(round(utc.timestamp() * 1000 - now_s * 1000), state, self._boot)

    def utc_of(self, at_s: float) -> datetime | None:
        """UTC of a monotonic time; None while nobody vouches for the clock."""
        reading = self.read()
        if not is_trusted(reading):
            return None
        return datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=at_s * 1000 + reading.offset_ms)
