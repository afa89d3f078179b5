"""The thread that writes what the server itself knows into the time series, each minute.

The rows are facts of the node `aggregator`, in a stream that begins with the process, so that they are stored
once like everybody's. A minute in which no server ran has no row: that is no data, not zero.

Threads: `meters` owns everything here; `wake` may be called from any.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aggregator.errors import AggregatorError
from aggregator.storage.instants import to_ms
from aggregator.storage.timeseries.store import StreamRows, TimeSeriesStore
from fleet.wire.messages import MeasurementRow

_log = logging.getLogger(__name__)
NODE: Final = "aggregator"
_MINUTE_MS: Final = 60_000
_PERIOD_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a measurement of the catalogue, with its tags; `n` is how many things it is made of."""

    name: str
    value: float
    source: str = ""
    zone_or_line: str = ""
    class_name: str = ""
    n: int = 1


Meter = Callable[[int], Iterable[Reading]]
"""Reads what it measures as it is at an instant (int64 ms UTC); may raise AggregatorError."""


class Meters:
    """Writes every meter's readings at the end of a minute, and when woken; `stream` is 16 hex digits."""

    def __init__(
        self, meters: Sequence[Meter], store: TimeSeriesStore, clock: Callable[[], datetime], stream: str
    ) -> None:
        self._meters = meters
        self._store = store
        self._clock = clock
        self._stream = stream
        self._seq = 1
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="meters", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and wait for the thread."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def wake(self) -> None:
        """Write now: something has changed that people wait for."""
        self._woken.set()

    def write(self) -> None:
        """Write the rows of this minute, of those meters that can be read. Raises StoreError."""
        now_ms = to_ms(self._clock())
        found: list[Reading] = []
        for meter in self._meters:
            try:
                found += meter(now_ms)
            except AggregatorError as error:
                _log.warning("some figures are missing this minute: %s", error)
        start_ms = now_ms - now_ms % _MINUTE_MS
        rows = tuple(_row(self._seq + number, start_ms, each) for number, each in enumerate(found))
        if rows:
            self._store.write((StreamRows(NODE, self._stream, rows),))
            self._seq += len(rows)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self.write()
            except AggregatorError as error:
                _log.warning("the server's own figures are not written this minute: %s", error)
            except Exception:  # noqa: BLE001  the supervisor: the next minute is read again
                _log.exception("the server's own figures could not be written")
            past_s = to_ms(self._clock()) % _MINUTE_MS / 1000
            self._woken.wait(_PERIOD_S - past_s)


def _row(seq: int, start_ms: int, reading: Reading) -> MeasurementRow:
    return MeasurementRow(
        seq=seq,
        start_ms=start_ms,
        period_s=_PERIOD_S,
        name=reading.name,
        source=reading.source,
        zone_or_line=reading.zone_or_line,
        class_name=reading.class_name,
        direction="",
        value=float(reading.value),
        n=reading.n,
    )
