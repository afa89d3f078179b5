"""Hours of the week in Vietnam, and when they end. Pure.

Instants are int64 ms UTC. Vietnam has kept UTC+7 since 1975 and turns no clocks, so a week is arithmetic.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
_MINUTE_MS: Final = 60_000
OFFSET_MS: Final = 7 * 3_600_000
_MONDAY_MS: Final = 3 * DAY_MS
"""1970 began on a Thursday."""
DAY_BEGINS_MS: Final = 6 * 3_600_000
DAY_ENDS_MS: Final = 18 * 3_600_000
MINUTES: Final = 1440


@dataclass(frozen=True, slots=True)
class Hours:
    """The same hours on some days of the week, Asia/Ho_Chi_Minh.

    Attributes:
        days: on which they begin, 0 Monday to 6 Sunday.
        start: minute of the day, in.
        end: minute of the day, out; not after `start` reaches into the next day, so equal is a whole day.
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: int = 0
    end: int = MINUTES

    @property
    def length_ms(self) -> int:
        """How long they last."""
        return ((self.end - self.start - 1) % MINUTES + 1) * _MINUTE_MS

    def left_ms(self, at_ms: int) -> int:
        """How much of them is left at an instant; 0 outside."""
        week_ms = (at_ms + OFFSET_MS + _MONDAY_MS) % WEEK_MS
        gone = [(week_ms - day * DAY_MS - self.start * _MINUTE_MS) % WEEK_MS for day in self.days]
        return max((self.length_ms - each for each in gone if each < self.length_ms), default=0)


def within(hours: Iterable[Hours], at_ms: int) -> bool:
    """Whether an instant lies in any of them."""
    return any(each.left_ms(at_ms) for each in hours)


def first_outside(hours: Iterable[Hours], at_ms: int) -> int | None:
    """The first instant from `at_ms` on that lies in none of them; None when they cover the whole week."""
    every = tuple(hours)
    now_ms = at_ms
    while now_ms - at_ms <= WEEK_MS:
        left_ms = max((each.left_ms(now_ms) for each in every), default=0)
        if not left_ms:
            return now_ms
        now_ms += left_ms
    return None


def is_day(at_ms: int) -> bool:
    """Whether it is between 06:00 and 18:00 in Vietnam, when cameras have light."""
    return DAY_BEGINS_MS <= (at_ms + OFFSET_MS) % DAY_MS < DAY_ENDS_MS
