"""Reads of alarms within what the caller may see.

Invariant: who may not see an alarm is told that there is none.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Protocol

import msgspec
from sqlalchemy import Engine

from aggregator.alarms.hours import DAY_MS
from aggregator.alarms.repository import AlarmFilter, AlarmsRepository, Group, Position
from aggregator.alarms.schemas import AlarmCounts, AlarmDetail, AlarmPage, SourceRates
from aggregator.alarms.showing import show_detail
from aggregator.alarms.sight import Sight, sight_of
from aggregator.alarms.sop_store import sop_of
from aggregator.alarms.states import CLOSED
from aggregator.alarms.verdicts import Rate, rates
from aggregator.alarms.views import view_alarm, view_rate, view_source
from aggregator.errors import NotFoundError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading
from aggregator.web.cursors import decode_cursor, encode_cursor

_Ms = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Id = Annotated[str, msgspec.Meta(max_length=36)]
_RATES_DAYS: Final = 30


class Within(Protocol):
    """The registry of places."""

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        """Areas and all below them."""


class Placed(Protocol):
    """Where an alarm is and whose."""

    @property
    def area(self) -> str: ...  # noqa: D102  the names say it
    @property
    def agency(self) -> str: ...  # noqa: D102
    @property
    def site(self) -> str: ...  # noqa: D102


class AlarmsService:
    """The slice's use cases; `clock` gives aware UTC."""

    def __init__(
        self,
        engine: Engine,
        places: Within,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._repository = AlarmsRepository(engine)
        self._places = places
        self._clock = clock

    def sight(self, who: Principal, permission: Permission = Permission.ALARMS_READ) -> Sight:
        """Which alarms somebody may see, or work."""
        return sight_of(who, permission, lambda areas: self._places.within(areas) or frozenset())

    def seen_by(self, who: Principal) -> Callable[[Placed], bool] | None:
        """Tells of an alarm by its place whether somebody sees it; None when they see all."""
        sight = self.sight(who)
        return None if sight.is_whole else lambda placed: sight.sees(placed.area, placed.agency, placed.site)

    def within(self, area: str | None) -> frozenset[str] | None:
        """An area and all below it; None for no area."""
        return None if area is None else self._places.within(frozenset({area}))

    def page(self, who: Principal, wanted: AlarmFilter, *, cursor: str | None, limit: int) -> AlarmPage:
        """Alarms in sight, newest first."""
        after = None if cursor is None else Position(*decode_cursor(cursor, tuple[_Ms, _Id]))
        found = self._repository.page(wanted, self.sight(who), after=after, limit=limit + 1)
        kept = found[:limit]
        more = len(found) > limit
        return AlarmPage(
            items=[view_alarm(record) for record in kept],
            next_cursor=encode_cursor((kept[-1].opened_at_ms, kept[-1].id)) if more else None,
        )

    def detail(self, who: Principal, alarm_id: str) -> AlarmDetail:
        """One alarm with all that belongs to it; raises NotFoundError."""
        sight = self.sight(who)
        record = self._repository.get(alarm_id, sight)
        if record is None:
            raise no_such_alarm()
        mine = self._repository.belongings(alarm_id)
        pointing = {row.alarm for row in mine.links} | {
            row.target for row in mine.links if row.kind == "alarm"
        }
        seen = self._repository.seen_among(pointing, sight)
        with reading(self._engine) as connection:
            sop = sop_of(connection, record.kind)
        return show_detail(record, mine, sop, seen)

    def counts(self, who: Principal, wanted: AlarmFilter) -> AlarmCounts:
        """How many alarms in sight are where."""
        since_ms = to_ms(self._clock()) - DAY_MS
        groups = self._repository.groups(wanted, self.sight(who), since_ms)
        opened = [group for group in groups if group.state not in CLOSED]
        return AlarmCounts(
            by_state=_summed(groups, "state"),
            open_by_severity=_summed(opened, "severity"),
            open_by_area=_summed(opened, "area"),
            open_by_work=_summed(opened, "work"),
            open_by_kind=_summed(opened, "kind"),
            oldest_open_at=min((from_ms(group.oldest_ms) for group in opened), default=None),
        )

    def rates(self, who: Principal, wanted: AlarmFilter) -> SourceRates:
        """How often alarms in sight were false, by what raised them; of the last 30 days unless said."""
        until = wanted.until or self._clock()
        since = wanted.since or until - timedelta(days=_RATES_DAYS)
        bounded = AlarmFilter(
            kinds=wanted.kinds,
            areas=wanted.areas,
            node=wanted.node,
            camera=wanted.camera,
            since=since,
            until=until,
        )
        found = rates(self._repository.verdicts(bounded, self.sight(who)))
        total = Rate(sum(each.all.false for each in found), sum(each.all.judged for each in found))
        return SourceRates(
            items=[view_source(each) for each in found],
            total=view_rate(total),
            since=since,
            until=until,
        )


def no_such_alarm() -> NotFoundError:
    """It is not there, or not for the caller's eyes: the answer is the same."""
    return NotFoundError("there is no such alarm; GET /api/v1/alarms lists those that you may see")


def _summed(groups: Iterable[Group], by: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in groups:
        name = str(getattr(group, by))
        found[name] = found.get(name, 0) + group.alarms
    return dict(sorted(found.items()))
