"""When to feed systemd's watchdog: only while every thread of the pipeline makes progress.

A thread makes progress when its loop turns, even if there was nothing to do; a loop that waits for frames
waits with a time-out and marks. Cameras and sensors are not in the list: one that hangs is degraded, and
restarting the node would harm the others.
"""

import threading
from collections.abc import Mapping


def stalled(now_s: float, last_progress_s: Mapping[str, float], limit_s: float) -> tuple[str, ...]:
    """Names of the threads that have not marked for longer than `limit_s`, in order."""
    return tuple(sorted(name for name, at_s in last_progress_s.items() if now_s - at_s > limit_s))


def should_feed(now_s: float, last_progress_s: Mapping[str, float], limit_s: float) -> bool:
    """Whether to tell systemd that the service is alive; never before the first thread has marked."""
    return bool(last_progress_s) and not stalled(now_s, last_progress_s, limit_s)


class Progress:
    """When each thread last turned its loop; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_s: dict[str, float] = {}

    def mark(self, thread: str, now_s: float) -> None:
        """The thread's loop has turned."""
        with self._lock:
            self._at_s[thread] = now_s

    def forget(self, thread: str) -> None:
        """The thread has ended by intent and is no longer expected to mark."""
        with self._lock:
            self._at_s.pop(thread, None)

    def last(self) -> dict[str, float]:
        """A copy: thread to time of its last mark."""
        with self._lock:
            return dict(self._at_s)
