"""The thread that makes the steps of escalation when they are due.

It only looks at the clock: which step is due when stands in the alarms, so that one that was due while no
server ran is made at the next look, with the instant at which it was due.

Threads: `alarm-escalation` owns everything here.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, delete, select

from aggregator.alarms.cases import Cases
from aggregator.alarms.projector import OnChanged
from aggregator.alarms.records import Record
from aggregator.errors import AggregatorError
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.alarms_tables import alarm_tallies, alarms
from aggregator.storage.relational.engine import reading, writing

_log = logging.getLogger(__name__)
_PERIOD_S: Final = 0.5
_AWAY_S: Final = 5.0
_MOST: Final = 200


class Escalator:
    """Looks every half a second; `clock` gives aware UTC, `on_changed` must not block."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], on_changed: OnChanged) -> None:
        self._engine = engine
        self._clock = clock
        self._on_changed = on_changed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarm-escalation", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and wait for the thread."""
        self._stopping.set()
        self._thread.join()

    def tick(self) -> int:
        """Make the steps that are due, at most those of `_MOST` alarms; returns how many alarms had any.

        Raises StoreError.
        """
        now_ms = to_ms(self._clock())
        due = select(alarms.c.id).where(alarms.c.due_ms <= now_ms).order_by(alarms.c.due_ms).limit(_MOST)
        with reading(self._engine) as connection:
            ids = list(connection.execute(due).scalars())
        if not ids:
            return 0
        with writing(self._engine) as connection:
            cases = Cases(connection, now_ms)
            before = cases.lock(ids)
            settled: list[Record] = [cases.settle(record) for record in before.values()]
            connection.execute(delete(alarm_tallies).where(alarm_tallies.c.until_ms < now_ms))
        changed = [record for record in settled if record is not before[record.id]]
        if changed:
            self._on_changed(changed)
        return len(changed)

    def _run(self) -> None:
        wait_s = _PERIOD_S
        while not self._stopping.wait(wait_s):
            wait_s = _PERIOD_S
            try:
                if self.tick() == _MOST:
                    wait_s = 0.0
            except AggregatorError as error:
                _log.warning("alarms wait to be escalated: %s", error)
                wait_s = _AWAY_S
            except Exception:  # noqa: BLE001  the supervisor: escalation must outlive our own bugs
                _log.exception("escalation failed; trying again")
                wait_s = _AWAY_S
