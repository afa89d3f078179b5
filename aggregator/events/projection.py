"""Projects events into the time-series store, for dashboards.

The relational store is the truth: the projector follows its row ids and begins where the projection ends, so
that a crash, a store that was away or a projection thrown away is made good by itself. Invariants: events are
written in the order of their ids; those of the last step are written again after a start, for a store without
transactions may hold a step in part; writing one twice changes nothing.

Threads: `event-projection` owns everything here.
"""

import logging
import threading
import time
from typing import Any, Final

from sqlalchemy import Engine, Row, func, select

from aggregator.errors import StoreError, StoreRefusedError
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.tables import events, nodes
from aggregator.storage.timeseries.store import EventPoint, EventProjection
from fleet.wire.messages import Event

_log = logging.getLogger(__name__)
STEP: Final = 2_000
_IDLE_S: Final = 1.0
_AWAY_S: Final = 5.0
_REST: Final = 9.0
"""How many times as long as a step took it rests when it is behind: a tenth of a core at most.

Dashboards may lag in a flood; ingest, which shares the interpreter, may not.
"""


class EventProjector:
    """Follows the events of `engine` into `projection`."""

    def __init__(self, engine: Engine, projection: EventProjection) -> None:
        self._engine = engine
        self._projection = projection
        self._through: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-projection", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step under way and wait for the thread."""
        self._stopping.set()
        self._thread.join()

    def step(self) -> int:
        """Project the next events; returns how many there were. Raises StoreError."""
        if self._through is None:
            self._through = self._begin()
        points = self._read(self._through)
        if points:
            try:
                self._projection.write_events(points)
            except StoreRefusedError as error:  # they stay in the relational store, where their truth is
                _log.warning("some events are not projected: %s", error)
            self._through = points[-1].id
        return len(points)

    def rebuild(self) -> int:
        """Throw the projection away and make it again; returns how many events there were.

        Not while the thread runs. Raises StoreError.
        """
        self._projection.forget_events()
        self._through = 0
        total = 0
        while found := self.step():
            total += found
        return total

    def _begin(self) -> int:
        projected = self._projection.last_event_id()
        with reading(self._engine) as connection:
            newest = connection.execute(select(func.max(events.c.id))).scalar_one() or 0
        if projected > newest:
            _log.warning("the projection holds events of another database: it is made again")
            self._projection.forget_events()
            return 0
        return max(0, projected - STEP)

    def _read(self, after: int) -> list[EventPoint]:
        query = (
            select(events, func.coalesce(nodes.c.site, "").label("site"))
            .select_from(events.outerjoin(nodes, events.c.node == nodes.c.node))
            .where(events.c.id > after)
            .order_by(events.c.id)
            .limit(STEP)
        )
        with reading(self._engine) as connection:
            return [_point(row) for row in connection.execute(query)]

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                found = self.step()
            except StoreError as error:
                _log.warning("events wait to be projected: %s", error)
                self._stopping.wait(_AWAY_S)
                continue
            behind = found == STEP
            self._stopping.wait((time.monotonic() - began_s) * _REST if behind else _IDLE_S)


def _point(row: Row[Any]) -> EventPoint:
    event = Event(
        seq=row.seq,
        occurred_at_ms=row.occurred_at_ms,
        clock=row.clock,
        kind=row.kind,
        rule=row.rule,
        camera=row.camera,
        zone_or_line=row.zone_or_line,
        class_name=row.class_name,
        track_id=row.track_id,
        score_e3=row.score_e3,
        direction=row.direction,
        duration_s=row.duration_s,
    )
    return EventPoint(row.id, row.node, row.stream, row.site, event)
