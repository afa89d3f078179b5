"""How long detections took: a bounded window, emptied at each health period."""

import math
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

_WINDOW = 4096  # at 15 frames a second four and a half minutes; older ones fall out


@dataclass(frozen=True, slots=True)
class InferenceSummary:
    """Percentiles of a period, in milliseconds, over `n` detections."""

    p50_ms: float
    p95_ms: float
    n: int


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of values in ascending order, of which there is at least one."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class InferenceTimes:
    """Collects durations from the pipeline's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times_ms: dict[str, deque[float]] = {}

    def add(self, camera: str, took_ms: float) -> None:
        """Note one detection on a frame of a camera of the configuration."""
        with self._lock:
            self._times_ms.setdefault(camera, deque(maxlen=_WINDOW)).append(took_ms)

    def take(self) -> dict[str, InferenceSummary]:
        """Summaries by camera since the last call; a camera without a detection is not in it."""
        with self._lock:
            taken, self._times_ms = self._times_ms, {}
        summaries = {}
        for camera, times_ms in taken.items():
            ordered = sorted(times_ms)
            summaries[camera] = InferenceSummary(
                percentile(ordered, 0.5), percentile(ordered, 0.95), len(ordered)
            )
        return summaries
