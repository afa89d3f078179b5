"""The thread that writes how many alarms are open, and the city's stage, into the time series each minute.

The rows are facts of the node `aggregator`, in a stream that begins with the process, so that they are stored
once like everybody's. A minute in which no server ran has no row: that is no data, not zero.

Threads: `alarm-gauges` owns everything here; `wake` may be called from any.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, delete, func, select

from aggregator.alarms.rules import Severity, Work
from aggregator.alarms.stage import NORMAL
from aggregator.alarms.states import CLOSED
from aggregator.errors import AggregatorError
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.alarms_tables import alarm_tallies, alarms, city_stages
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.timeseries.store import StreamRows, TimeSeriesStore
from fleet.wire.messages import MeasurementRow

_log = logging.getLogger(__name__)
NODE: Final = "aggregator"
CITY: Final = "city"
_MINUTE_MS: Final = 60_000
_PERIOD_S: Final = 60.0


def gauge_rows(
    counts: Mapping[tuple[str, str], int], stage: int, start_ms: int, first_seq: int
) -> tuple[MeasurementRow, ...]:
    """Rows of one minute: every field of work and severity, with 0 where no alarm is open; and the stage.

    Args:
        counts: alarms that are not closed, by field of work and severity.
        stage: of the city.
        start_ms: when the minute begins.
        first_seq: of the first row.
    """
    rows = [_row(first_seq, start_ms, "city_stage", stage, source=CITY)]
    for work in Work:
        for severity in Severity:
            found = counts.get((work.value, severity.value), 0)
            seq = first_seq + len(rows)
            rows.append(_row(seq, start_ms, "alarms_open", found, source=work.value, severity=severity.value))
    return tuple(rows)


class AlarmGauges:
    """Writes a minute's rows at its end, and at once when the stage was set; `stream` is 16 hex digits."""

    def __init__(
        self, engine: Engine, store: TimeSeriesStore, clock: Callable[[], datetime], stream: str
    ) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._stream = stream
        self._seq = 1
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarm-gauges", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and wait for the thread."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def wake(self) -> None:
        """Write now: the stage has changed."""
        self._woken.set()

    def write(self) -> None:
        """Write the rows of this minute, and drop tallies that are worth nothing any more.

        Raises StoreError.
        """
        now_ms = to_ms(self._clock())
        counts, stage = self._read()
        rows = gauge_rows(counts, stage, now_ms - now_ms % _MINUTE_MS, self._seq)
        self._store.write((StreamRows(NODE, self._stream, rows),))
        self._seq += len(rows)
        with writing(self._engine) as connection:
            connection.execute(delete(alarm_tallies).where(alarm_tallies.c.until_ms < now_ms))

    def _read(self) -> tuple[dict[tuple[str, str], int], int]:
        keys = (alarms.c.work, alarms.c.severity)
        opened = select(*keys, func.count()).where(alarms.c.state.not_in(sorted(CLOSED))).group_by(*keys)
        holds = select(city_stages.c.stage).order_by(city_stages.c.id.desc()).limit(1)
        with reading(self._engine) as connection:
            counts = {(row[0], row[1]): int(row[2]) for row in connection.execute(opened)}
            return counts, connection.execute(holds).scalar_one_or_none() or NORMAL

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self.write()
            except AggregatorError as error:
                _log.warning("open alarms are not counted this minute: %s", error)
            except Exception:  # noqa: BLE001  the supervisor: the next minute counts again
                _log.exception("open alarms could not be counted")
            past_s = to_ms(self._clock()) % _MINUTE_MS / 1000
            self._woken.wait(_PERIOD_S - past_s)


def _row(
    seq: int, start_ms: int, name: str, value: float, *, source: str, severity: str = ""
) -> MeasurementRow:
    return MeasurementRow(
        seq=seq,
        start_ms=start_ms,
        period_s=_PERIOD_S,
        name=name,
        source=source,
        zone_or_line="",
        class_name=severity,
        direction="",
        value=float(value),
    )
