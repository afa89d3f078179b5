"""The median of the latest second: what keeps a blink of the detector from changing a number. Pure."""

from collections import deque
from typing import Final

MEDIAN_S: Final = 1.0
MOST_SAMPLES: Final = 121
"""Bound of the filter, for any frame rate up to 120 per second."""


class RecentMedian:
    """Smooths a count; bounded."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=MOST_SAMPLES)

    def __len__(self) -> int:
        """Samples kept."""
        return len(self._samples)

    def smoothed(self, at_s: float, count: int) -> int:
        """Take in a count; returns the median of the latest second, of an even number the lower middle."""
        self._samples.append((at_s, count))
        while at_s - self._samples[0][0] > MEDIAN_S:
            self._samples.popleft()
        counts = sorted(count for _, count in self._samples)
        return counts[(len(counts) - 1) // 2]

    def clear(self) -> None:
        """Forget what was taken in."""
        self._samples.clear()
