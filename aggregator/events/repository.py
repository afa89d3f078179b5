"""Reads of the `events` table; ingest writes it.

Listings walk a unique sort key, so that rows that come meanwhile neither repeat nor hide others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Engine, Row, Select, func, select, tuple_

from aggregator.events.schemas import EventView
from aggregator.events.views import view_event
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.site_filter import on_sites
from aggregator.storage.relational.tables import events
from fleet.wire.messages import Event

_SHA256: Final = 32
RowT = TypeVar("RowT", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What to list; None does not filter. `since` is in, `until` is out, by the time of occurrence.

    `sites` are those where the node stands today.
    """

    node: str | None = None
    kind: str | None = None
    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sites: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: time of occurrence, then row id."""

    occurred_at_ms: int
    id: int


@dataclass(frozen=True, slots=True)
class KindCounts:
    """Events by kind among the rows up to `through_id`."""

    through_id: int
    by_kind: dict[str, int]


class EventsRepository:
    """Reads events."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, node: str, stream: str, seq: int, sites: frozenset[str] | None = None) -> EventView | None:
        """One event, or None; also None when its node stands on none of `sites`."""
        query = select(events).where(events.c.node == node, events.c.stream == stream, events.c.seq == seq)
        query = _confined(query, sites)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _view(row)

    def page(
        self, wanted: EventFilter, *, after: Position | None, limit: int
    ) -> list[tuple[Position, EventView]]:
        """Events by time of occurrence, newest first, after a position."""
        query = _filtered(select(events), wanted)
        key = tuple_(events.c.occurred_at_ms, events.c.id)
        if after is not None:
            query = query.where(key < tuple_(after.occurred_at_ms, after.id))
        query = query.order_by(events.c.occurred_at_ms.desc(), events.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [(Position(row.occurred_at_ms, row.id), _view(row)) for row in rows]

    def latest(self, limit: int, sites: frozenset[str] | None = None) -> list[EventView]:
        """The events that came last, latest first; those of `sites` (None: of all)."""
        query = _confined(select(events), sites).order_by(events.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [_view(row) for row in connection.execute(query)]

    def latest_of(
        self, kinds: Iterable[str], limit: int, sites: frozenset[str] | None = None
    ) -> list[EventView]:
        """The events of these kinds that came last, latest first.

        One query a kind, each a walk of the index on kind and id: asked at once, a planner may read
        the whole table for kinds that are rare.
        """
        with reading(self._engine) as connection:
            found = [
                row
                for kind in sorted(kinds)
                for row in connection.execute(
                    _confined(select(events), sites)
                    .where(events.c.kind == kind)
                    .order_by(events.c.id.desc())
                    .limit(limit)
                )
            ]
        found.sort(key=lambda row: -row.id)
        return [_view(row) for row in found[:limit]]

    def count_since(self, since: datetime, sites: frozenset[str] | None = None) -> KindCounts:
        """Count events that occurred since an instant, and tell up to which row; those of `sites`."""
        with reading(self._engine) as connection:
            through = connection.execute(select(func.max(events.c.id))).scalar_one() or 0
            rows = connection.execute(
                _confined(_by_kind(), sites).where(
                    events.c.occurred_at_ms >= to_ms(since), events.c.id <= through
                )
            ).all()
        return KindCounts(through, _counted(rows))

    def count_after(self, id_: int, since: datetime, sites: frozenset[str] | None = None) -> KindCounts:
        """Count events beyond row `id_` that occurred since an instant; those of `sites`."""
        with reading(self._engine) as connection:
            through = connection.execute(select(func.max(events.c.id))).scalar_one() or 0
            rows = connection.execute(
                _confined(_by_kind(), sites).where(
                    events.c.id > id_, events.c.id <= through, events.c.occurred_at_ms >= to_ms(since)
                )
            ).all()
        return KindCounts(through, _counted(rows))


def _by_kind() -> Select[tuple[str, int]]:
    return select(events.c.kind, func.count().label("events")).group_by(events.c.kind)


def _counted(rows: Sequence[Row[tuple[str, int]]]) -> dict[str, int]:
    return {row.kind: row.events for row in rows}


def _confined(query: Select[RowT], sites: frozenset[str] | None) -> Select[RowT]:
    return query if sites is None else query.where(on_sites(events.c.node, sites))


def _filtered(query: Select[tuple[object, ...]], wanted: EventFilter) -> Select[tuple[object, ...]]:
    query = _confined(query, wanted.sites)
    if wanted.node is not None:
        query = query.where(events.c.node == wanted.node)
    if wanted.kind is not None:
        query = query.where(events.c.kind == wanted.kind)
    if wanted.camera is not None:
        query = query.where(events.c.camera == wanted.camera)
    if wanted.since is not None:
        query = query.where(events.c.occurred_at_ms >= to_ms(wanted.since))
    if wanted.until is not None:
        query = query.where(events.c.occurred_at_ms < to_ms(wanted.until))
    return query


def _view(row: Row[tuple[object, ...]]) -> EventView:
    digests = row.evidence or b""
    box = None
    if row.box_x1_e4 is not None:
        box = (row.box_x1_e4, row.box_y1_e4, row.box_x2_e4, row.box_y2_e4)
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
        box_e4=box,
        value=row.value,
        evidence=tuple(digests[start : start + _SHA256] for start in range(0, len(digests), _SHA256)),
        model=row.model,
        value_error=row.value_error,
    )
    return view_event(event, node=row.node, stream=row.stream, received_at=from_ms(row.received_at_ms))
