"""Reads of reports and what belongs to them.

Listings walk a unique sort key, so that reports that come meanwhile neither repeat nor hide others; nothing
outside the caller's sight is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, false, or_, select, true, tuple_

from aggregator.reports.duplicates import Near, Spot, box_around
from aggregator.reports.records import Report, report_of
from aggregator.reports.sight import Patch, Sight
from aggregator.reports.states import ANSWERED, State
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.reports_tables import (
    report_history,
    report_reporters,
    report_subscribers,
    reports,
)

MOST_HISTORY: Final = 500
_MOST_COMPARED: Final = 500
_DONE: Final = tuple(sorted(ANSWERED))


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What to list; empty does not filter. `since_ms` is in, `until_ms` is out, by when it came in."""

    ids: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    areas: frozenset[str] | None = None
    agency: str = ""
    code: str = ""
    overdue_at_ms: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Sort key of the last report given."""

    received_ms: int
    id: str


class ReportsRepository:
    """Reads, each in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, report_id: str) -> Report | None:
        """A report, whoever asks."""
        with reading(self._engine) as connection:
            row = connection.execute(select(reports).where(reports.c.id == report_id)).one_or_none()
        return None if row is None else report_of(row)

    def page(self, wanted: ReportFilter, sight: Sight, *, after: Position | None, limit: int) -> list[Report]:
        """Reports in sight, the newest first."""
        query = _filtered(select(reports), wanted).where(in_sight(sight))
        if after is not None:
            key = tuple_(reports.c.received_ms, reports.c.id)
            query = query.where(key < tuple_(after.received_ms, after.id))
        query = query.order_by(reports.c.received_ms.desc(), reports.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [report_of(row) for row in connection.execute(query)]

    def public_page(self, wanted: ReportFilter, *, limit: int, offset: int) -> list[Report]:
        """Reports that have a public face, the newest first."""
        query = _filtered(select(reports), wanted).where(reports.c.restricted.is_(False))
        query = query.order_by(reports.c.received_ms.desc(), reports.c.id.desc())
        with reading(self._engine) as connection:
            return [report_of(row) for row in connection.execute(query.limit(limit).offset(offset))]

    def history(self, report_id: str) -> tuple[Row[Any], ...]:
        """What happened to a report, the newest first."""
        query = (
            select(report_history)
            .where(report_history.c.report == report_id)
            .order_by(report_history.c.id.desc())
            .limit(MOST_HISTORY)
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).all())

    def subscribers(self, report_id: str) -> list[str]:
        """Ids of the reports whose senders follow this one, its own among them."""
        query = select(report_subscribers.c.subscriber).where(report_subscribers.c.report == report_id)
        with reading(self._engine) as connection:
            return sorted(connection.execute(query).scalars())

    def sealed_contact(self, connection: Connection, report_id: str) -> bytes | None:
        """Who sent it, sealed."""
        query = select(report_reporters.c.sealed).where(report_reporters.c.report == report_id)
        found = connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def spots_near(self, of: Spot, near: Near, sight: Sight) -> list[Spot]:
        """Reports in sight of the same field around a place and time, duplicates aside."""
        box = box_around(of.lat, of.lon, near.radius_m)
        query = (
            select(
                reports.c.id,
                reports.c.category,
                reports.c.field,
                reports.c.lat,
                reports.c.lon,
                reports.c.occurred_ms,
            )
            .where(
                reports.c.field == of.field,
                reports.c.lat.between(box.south, box.north),
                reports.c.lon.between(box.west, box.east),
                reports.c.occurred_ms.between(
                    of.occurred_ms - near.window_ms, of.occurred_ms + near.window_ms
                ),
                reports.c.state.not_in((State.MERGED.value, State.REJECTED.value)),
                in_sight(sight),
            )
            .order_by(reports.c.received_ms.desc())
            .limit(_MOST_COMPARED)
        )
        with reading(self._engine) as connection:
            return [Spot(*row) for row in connection.execute(query)]


def in_sight(sight: Sight) -> ColumnElement[bool]:
    """Condition on `reports` that a sight is."""
    restricted = or_(reports.c.restricted.is_(False), _covered(sight.restricted))
    return and_(_covered(sight.patches), restricted)


def _covered(patches: Iterable[Patch]) -> ColumnElement[bool]:
    return or_(
        false(),
        *(
            and_(
                true() if each.areas is None else reports.c.area.in_(sorted(each.areas - {""})),
                true() if each.agencies is None else reports.c.agency.in_(sorted(each.agencies - {""})),
            )
            for each in patches
        ),
    )


def _filtered(query: Select[Any], wanted: ReportFilter) -> Select[Any]:
    for column, values in (
        (reports.c.id, wanted.ids),
        (reports.c.state, wanted.states),
        (reports.c.category, wanted.categories),
        (reports.c.field, wanted.fields),
        (reports.c.channel, wanted.channels),
    ):
        if values:
            query = query.where(column.in_(values))
    for name, value in ((reports.c.agency, wanted.agency), (reports.c.code, wanted.code)):
        if value:
            query = query.where(name == value)
    if wanted.areas is not None:
        query = query.where(reports.c.area.in_(sorted(wanted.areas)))
    if wanted.overdue_at_ms is not None:
        query = query.where(reports.c.state.not_in(_DONE), reports.c.due_ms < wanted.overdue_at_ms)
    if wanted.since_ms is not None:
        query = query.where(reports.c.received_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        query = query.where(reports.c.received_ms < wanted.until_ms)
    return query
