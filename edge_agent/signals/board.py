"""The newest word on each signal: what feeds write and the pipeline reads, from different threads.

Bounded by the signals that it was made for. A word that is late, by the controller's own clock, is left out;
a clock that was set back by more than `LATE_S` is believed.
"""

import threading
from collections.abc import Iterable
from typing import Final

from edge_agent.rules.sight import LampReading
from edge_agent.signals.words import Word

LATE_S: Final = 10.0


class SignalBoard:
    """The newest readings.

    Args:
        signals: ids that may be written.
    """

    def __init__(self, signals: Iterable[str]) -> None:
        self._lock = threading.Lock()  # guards both
        self._newest: dict[str, LampReading | None] = dict.fromkeys(signals)
        self._said_at: dict[str, float | None] = dict.fromkeys(self._newest)

    def put(self, signal_id: str, word: Word, at_s: float) -> None:
        """A word came in at `at_s` on the frames' clock."""
        with self._lock:
            said_at = self._said_at.get(signal_id)
            if word.at is not None and said_at is not None and 0 < said_at - word.at <= LATE_S:
                return
            if signal_id in self._newest:
                confidence = 1.0 if word.colour else 0.0
                self._newest[signal_id] = LampReading(word.colour, confidence, at_s, told=True)
                self._said_at[signal_id] = word.at

    def withdraw(self, signals: Iterable[str]) -> None:
        """Nobody can say any more what these show."""
        with self._lock:
            for signal_id in signals:
                self._newest[signal_id] = self._said_at[signal_id] = None

    def newest(self, signal_id: str) -> LampReading | None:
        """The latest word; None while there is none."""
        with self._lock:
            return self._newest.get(signal_id)
