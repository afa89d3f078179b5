"""Working hours and days in Vietnam, and when so much working time has passed. Pure.

Instants are int64 ms UTC; days and minutes of the day are those of Vietnam, which has kept UTC+7 since 1975
and turns no clocks. Invariants: time that ends just when the office closes is due then, not next morning;
every walk ends, because only finitely many days are off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
OFFSET_MS: Final = 7 * 3_600_000
MINUTES: Final = 1440
_EPOCH: Final = date(1970, 1, 1)
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When the offices are open.

    Attributes:
        days: of the week, 0 Monday to 6 Sunday; at least one.
        spans: minutes of the day, each (in, out), ascending and apart; at least one. 07:30–11:30 and
            13:30–17:00 unless said: half an hour less than eight hours, as many offices keep; configurable.
    """

    days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    spans: tuple[tuple[int, int], ...] = ((450, 690), (810, 1020))

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise ValueError(problem)

    def _problem(self) -> str:
        if not self.days or not all(0 <= day < _WEEK for day in self.days):
            return "office hours need at least one day of the week, 0 Monday to 6 Sunday"
        edges = [edge for span in self.spans for edge in span]
        if not edges or edges != sorted(set(edges)) or edges[0] < 0 or edges[-1] > MINUTES:
            return "office hours need spans of minutes of the day, ascending and apart, such as [[450, 690]]"
        return ""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A calendar: the hours, and the days that differ from the week's rule.

    Attributes:
        hours: of every working day.
        off: days of the working week on which nobody works, such as Tết.
        worked: days on which the offices work although the week or `off` says otherwise: swap days.
    """

    hours: OfficeHours = field(default_factory=OfficeHours)
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether the offices work on a day."""
        return day in self.worked or (day.weekday() in self.hours.days and day not in self.off)

    def due_ms(self, start_ms: int, budget_ms: int) -> int:
        """When `budget_ms` of working time have passed since `start_ms`; nothing is due at once."""
        left_ms = budget_ms
        if left_ms <= 0:
            return start_ms
        for opens_ms, closes_ms in self._open_from(start_ms):
            if left_ms <= closes_ms - opens_ms:
                return opens_ms + left_ms
            left_ms -= closes_ms - opens_ms
        raise AssertionError("the walk over working days does not end")  # pragma: no cover

    def spent_ms(self, from_ms: int, to_ms: int) -> int:
        """Working time between two instants."""
        spent = 0
        if to_ms <= from_ms:
            return spent
        for opens_ms, closes_ms in self._open_from(from_ms):
            if opens_ms >= to_ms:
                break
            spent += min(closes_ms, to_ms) - opens_ms
        return spent

    def _open_from(self, start_ms: int) -> Iterator[tuple[int, int]]:
        """Open spans from an instant on, the first one cut at it."""
        day = day_of(start_ms)
        while True:
            if self.works(day):
                midnight_ms = midnight_of(day)
                for begin, end in self.hours.spans:
                    opens_ms = max(midnight_ms + begin * MINUTE_MS, start_ms)
                    closes_ms = midnight_ms + end * MINUTE_MS
                    if opens_ms < closes_ms:
                        yield opens_ms, closes_ms
            day += timedelta(days=1)


def day_of(at_ms: int) -> date:
    """The day in Vietnam on which an instant lies."""
    return _EPOCH + timedelta(days=(at_ms + OFFSET_MS) // DAY_MS)


def midnight_of(day: date) -> int:
    """The instant at which a day begins in Vietnam."""
    return (day - _EPOCH).days * DAY_MS - OFFSET_MS
