"""How long people wait at a counter, and how sure that is. Pure.

Measured waits, of those who were seen from joining the queue to reaching the counter, come first. Where there
are none, Little's law (L = λ·W) gives an estimate from the mean number who waited and the rate at which they
joined. Where neither can be had, nothing is said. Bounded: one window, so many entries.
"""

from collections import deque
from typing import Final

WINDOW_S: Final = 900.0
LEAST_JOINS: Final = 3
LEAST_OBSERVED_S: Final = 60.0
MOST_ENTRIES: Final = 2000
_BUCKET_S: Final = 30.0


class WaitBook:
    """The latest quarter of an hour of one queue."""

    def __init__(self) -> None:
        self._waits: deque[tuple[float, float]] = deque(maxlen=MOST_ENTRIES)
        self._joins: deque[float] = deque(maxlen=MOST_ENTRIES)
        self._load: deque[list[float]] = deque()
        """Spells of at most 30 s: when it began, seconds observed, person-seconds waited."""

    def served(self, at_s: float, wait_s: float) -> None:
        """Somebody reached the counter after this wait."""
        self._waits.append((at_s, wait_s))

    def joined(self, at_s: float) -> None:
        """Somebody began to wait."""
        self._joins.append(at_s)

    def observe(self, at_s: float, waiting: int, step_s: float) -> None:
        """So many waited for this long until now; forgets what is older than the window."""
        if not self._load or at_s - self._load[-1][0] >= _BUCKET_S:
            self._load.append([at_s, 0.0, 0.0])
        self._load[-1][1] += step_s
        self._load[-1][2] += step_s * waiting
        begin_s = at_s - WINDOW_S
        while self._load[0][0] < begin_s:
            self._load.popleft()
        while self._waits and self._waits[0][0] < begin_s:
            self._waits.popleft()
        while self._joins and self._joins[0] < begin_s:
            self._joins.popleft()

    def estimate_s(self) -> float | None:
        """The wait to expect: mean of the measured ones, else by Little's law, else nothing."""
        if self._waits:
            return sum(wait_s for _, wait_s in self._waits) / len(self._waits)
        observed_s = sum(spell[1] for spell in self._load)
        if len(self._joins) < LEAST_JOINS or observed_s < LEAST_OBSERVED_S:
            return None
        return sum(spell[2] for spell in self._load) / len(self._joins)
