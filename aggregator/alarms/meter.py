"""What alarms come to in figures, for the time series: open ones, their age, verdicts, and the city's stage.

Every figure says how things stand at its instant, so that a row that is missing, or written twice, adds up to
nothing wrong. A kind or an area that had open alarms goes on being told, with 0, for as long as the process
runs, because the last value of a series is what a wall shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Column, Engine, delete, func, select

from aggregator.alarms.repository import AlarmFilter, AlarmsRepository
from aggregator.alarms.rules import Severity, Work
from aggregator.alarms.sight import Patch, Sight
from aggregator.alarms.stage import NORMAL
from aggregator.alarms.states import CLOSED
from aggregator.alarms.verdicts import SourceRate, Verdict, rates
from aggregator.storage.instants import from_ms
from aggregator.storage.relational.alarms_tables import alarm_tallies, alarms, city_stages
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.timeseries.meters import Reading

CITY: Final = "city"
NO_AREA: Final = "unplaced"
MOST_SOURCES: Final = 500
"""Cameras and rules whose false alarms are told, the worst first; and areas that are told apart."""
_UNCLOSED: Final = alarms.c.state.not_in(sorted(CLOSED))
_DAYS_MS: Final = 30 * 86_400_000
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Open:
    """Alarms of one group that are not closed, and when the oldest of them was opened."""

    alarms: int = 0
    oldest_ms: int | None = None


@dataclass(slots=True)
class Seen:
    """Kinds and areas that were told of since the start."""

    kinds: set[str] = field(default_factory=set)
    areas: set[str] = field(default_factory=set)


def open_readings(found: dict[tuple[str, str], Open], now_ms: int) -> Iterator[Reading]:
    """Open alarms of every field of work and severity, 0 where there are none, and the age of the oldest.

    Args:
        found: alarms that are not closed, by field of work and severity.
        now_ms: the instant.
    """
    for work in Work:
        ages_s = [0.0]
        for severity in Severity:
            group = found.get((work.value, severity.value), Open())
            yield Reading("alarms_open", group.alarms, work.value, class_name=severity.value, n=group.alarms)
            if group.oldest_ms is not None:
                ages_s.append((now_ms - group.oldest_ms) / 1000)
        yield Reading("alarm_age", max(ages_s), work.value)


def told_again(found: dict[str, int], seen: set[str]) -> dict[str, int]:
    """`found` and 0 for what was told of before; remembers at most MOST_SOURCES names."""
    room = MOST_SOURCES - len(seen)
    seen.update(sorted(found.keys() - seen)[: max(0, room)])
    return {name: found.get(name, 0) for name in sorted(seen)}


def verdict_readings(sources: tuple[SourceRate, ...]) -> Iterator[Reading]:
    """Judged alarms by verdict, and the share of false ones of each camera and rule."""
    judged = sum(each.all.judged for each in sources)
    false = sum(each.all.false for each in sources)
    yield Reading("alarms_judged", judged - false, class_name=Verdict.CONFIRMED.value)
    yield Reading("alarms_judged", false, class_name=Verdict.FALSE.value)
    for each in sources[:MOST_SOURCES]:
        share, source = each.all.share, each.source
        if share is not None:
            yield Reading(
                "alarm_false_share",
                round(100 * share, 2),
                f"{source.node}/{source.camera}",
                source.rule,
                source.kind,
                n=each.all.judged,
            )


class AlarmMeter:
    """Reads them from the relational store; one thread's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._repository = AlarmsRepository(engine)
        self._seen = Seen()
        self._judged_ms: int | None = None

    def __call__(self, now_ms: int) -> list[Reading]:
        """The readings of an instant; verdicts once an hour. Drops tallies that are worth nothing any more.

        Raises StoreError.
        """
        made = [Reading("city_stage", self._stage(), CITY), *open_readings(self._by_work(), now_ms)]
        kinds = self._by(alarms.c.kind)
        for kind, count in told_again(kinds, self._seen.kinds).items():
            made.append(Reading("alarms_open_kind", count, class_name=kind, n=count))
        areas = self._by(alarms.c.area)
        named = {area or NO_AREA: count for area, count in areas.items()}
        for area, count in told_again(named, self._seen.areas).items():
            made.append(Reading("alarms_open_area", count, area, n=count))
        if self._judged_ms is None or now_ms - self._judged_ms >= _HOUR_MS:
            made += verdict_readings(self._rates(now_ms))
            self._judged_ms = now_ms
        with writing(self._engine) as connection:
            connection.execute(delete(alarm_tallies).where(alarm_tallies.c.until_ms < now_ms))
        return made

    def _rates(self, now_ms: int) -> tuple[SourceRate, ...]:
        within = AlarmFilter(since=from_ms(now_ms - _DAYS_MS), until=from_ms(now_ms))
        return rates(self._repository.verdicts(within, Sight((Patch(None, None),))))

    def _by_work(self) -> dict[tuple[str, str], Open]:
        keys = (alarms.c.work, alarms.c.severity)
        figures = (func.count().label("alarms"), func.min(alarms.c.opened_at_ms).label("oldest_ms"))
        query = select(*keys, *figures).where(_UNCLOSED).group_by(*keys)
        with reading(self._engine) as connection:
            return {
                (row.work, row.severity): Open(row.alarms, row.oldest_ms) for row in connection.execute(query)
            }

    def _by(self, column: Column[str]) -> dict[str, int]:
        query = select(column, func.count()).where(_UNCLOSED).group_by(column)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _stage(self) -> int:
        holds = select(city_stages.c.stage).order_by(city_stages.c.id.desc()).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(holds).scalar_one_or_none() or NORMAL
