"""Reads of alarms and what belongs to them.

Listings walk a unique sort key, so that alarms that come meanwhile neither repeat nor hide others; nothing
outside the caller's sight is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
)

from aggregator.alarms.hours import DAY_BEGINS_MS, DAY_ENDS_MS, DAY_MS, OFFSET_MS
from aggregator.alarms.records import Record, record_of
from aggregator.alarms.sight import Sight
from aggregator.alarms.states import CLOSED
from aggregator.alarms.verdicts import Source, Verdict, VerdictCount
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.alarms_tables import (
    alarm_checks,
    alarm_events,
    alarm_history,
    alarm_links,
    alarm_notices,
    alarms,
)
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.tables import events

MOST_HISTORY: Final = 500
_CLOSED: Final = tuple(sorted(CLOSED))


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """What to list; empty does not filter. `since` is in, `until` is out, by when it was opened."""

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    areas: frozenset[str] | None = None
    assignee: str = ""
    node: str = ""
    camera: str = ""
    site: str = ""
    work: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended."""

    opened_at_ms: int
    id: str


@dataclass(frozen=True, slots=True)
class Belongings:
    """Rows of what belongs to one alarm, each in its order."""

    history: tuple[Row[Any], ...]
    events: tuple[Row[Any], ...]
    links: tuple[Row[Any], ...]
    checks: tuple[Row[Any], ...]
    notices: tuple[Row[Any], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """So many alarms that are alike, the first opened at `oldest_ms`."""

    state: str
    severity: str
    area: str
    work: str
    kind: str
    alarms: int
    oldest_ms: int


class AlarmsRepository:
    """Reads alarms."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, alarm_id: str, sight: Sight) -> Record | None:
        """One alarm in sight, or None."""
        query = select(alarms).where(alarms.c.id == alarm_id, in_sight(sight))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else record_of(row)

    def page(self, wanted: AlarmFilter, sight: Sight, *, after: Position | None, limit: int) -> list[Record]:
        """Alarms by when they were opened, newest first, after a position."""
        query = _filtered(select(alarms), wanted).where(in_sight(sight))
        if after is not None:
            key = tuple_(alarms.c.opened_at_ms, alarms.c.id)
            query = query.where(key < tuple_(after.opened_at_ms, after.id))
        query = query.order_by(alarms.c.opened_at_ms.desc(), alarms.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [record_of(row) for row in connection.execute(query)]

    def groups(self, wanted: AlarmFilter, sight: Sight, closed_since_ms: int) -> list[Group]:
        """Alarms that are not closed, and those closed since, grouped."""
        keys = (alarms.c.state, alarms.c.severity, alarms.c.area, alarms.c.work, alarms.c.kind)
        query = (
            _filtered(select(*keys, func.count(), func.min(alarms.c.opened_at_ms)), wanted)
            .where(in_sight(sight))
            .where(or_(alarms.c.state.not_in(_CLOSED), alarms.c.closed_ms >= closed_since_ms))
            .group_by(*keys)
        )
        with reading(self._engine) as connection:
            return [Group(*row) for row in connection.execute(query)]

    def belongings(self, alarm_id: str) -> Belongings:
        """What belongs to an alarm."""
        with reading(self._engine) as connection:
            return Belongings(
                history=_all(
                    connection,
                    select(alarm_history)
                    .where(alarm_history.c.alarm == alarm_id)
                    .order_by(alarm_history.c.id.desc())
                    .limit(MOST_HISTORY),
                ),
                events=_all(
                    connection,
                    select(events)
                    .select_from(alarm_events.join(events, alarm_events.c.event == events.c.id))
                    .where(alarm_events.c.alarm == alarm_id)
                    .order_by(events.c.id),
                ),
                links=_all(
                    connection,
                    select(alarm_links)
                    .where(
                        or_(
                            alarm_links.c.alarm == alarm_id,
                            and_(alarm_links.c.kind == "alarm", alarm_links.c.target == alarm_id),
                        )
                    )
                    .order_by(alarm_links.c.id),
                ),
                checks=_all(connection, select(alarm_checks).where(alarm_checks.c.alarm == alarm_id)),
                notices=_all(
                    connection,
                    select(alarm_notices)
                    .where(alarm_notices.c.alarm == alarm_id)
                    .order_by(alarm_notices.c.id),
                ),
            )

    def seen_among(self, ids: Iterable[str], sight: Sight) -> frozenset[str]:
        """Those of these alarms that are there and in sight."""
        query = select(alarms.c.id).where(alarms.c.id.in_(list(ids)), in_sight(sight))
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def verdicts(self, wanted: AlarmFilter, sight: Sight) -> list[VerdictCount]:
        """Verdicts by source, day and night, of alarms whose first event lies in the time asked for."""
        of_day_ms = (alarms.c.first_at_ms + OFFSET_MS) % DAY_MS
        by_day = case((and_(of_day_ms >= DAY_BEGINS_MS, of_day_ms < DAY_ENDS_MS), 1), else_=0)
        keys = (alarms.c.node, alarms.c.camera, alarms.c.scene_rule, alarms.c.kind)
        judged = (
            _filtered(select(*keys, by_day.label("by_day"), alarms.c.verdict), wanted, alarms.c.first_at_ms)
            .where(alarms.c.verdict.is_not(None), in_sight(sight))
            .subquery()
        )
        query = select(*judged.c, func.count()).group_by(*judged.c)
        with reading(self._engine) as connection:
            return [
                VerdictCount(Source(*row[:4]), bool(row[4]), Verdict(row[5]), row[6])
                for row in connection.execute(query)
            ]


def in_sight(sight: Sight) -> ColumnElement[bool]:
    """Condition on `alarms` that a sight is."""
    if sight.is_whole:
        return true()
    patches = [
        and_(
            true() if patch.areas is None else alarms.c.area.in_(sorted(patch.areas - {""})),
            true() if patch.agencies is None else alarms.c.agency.in_(sorted(patch.agencies - {""})),
        )
        for patch in sight.patches
    ]
    seen = or_(false(), *patches)
    return seen if sight.sites is None else and_(seen, alarms.c.site.in_(sorted(sight.sites)))


def _filtered(
    query: Select[Any], wanted: AlarmFilter, time: ColumnElement[int] = alarms.c.opened_at_ms
) -> Select[Any]:
    for column, values in (
        (alarms.c.state, wanted.states),
        (alarms.c.kind, wanted.kinds),
        (alarms.c.severity, wanted.severities),
    ):
        if values:
            query = query.where(column.in_(values))
    for column, value in (
        (alarms.c.assignee_id, wanted.assignee),
        (alarms.c.node, wanted.node),
        (alarms.c.camera, wanted.camera),
        (alarms.c.site, wanted.site),
        (alarms.c.work, wanted.work),
    ):
        if value:
            query = query.where(column == value)
    if wanted.areas is not None:
        query = query.where(alarms.c.area.in_(sorted(wanted.areas)))
    if wanted.since is not None:
        query = query.where(time >= to_ms(wanted.since))
    if wanted.until is not None:
        query = query.where(time < to_ms(wanted.until))
    return query


def _all(connection: Connection, query: Select[Any]) -> tuple[Row[Any], ...]:
    return tuple(connection.execute(query).all())
