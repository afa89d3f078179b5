"""Days off and swap days of Vietnam: from the package `holidays`, then what the city itself has decided.

Pure. The package knows what the government has announced for past years and computes years to come; the
prime minister announces each year's swap days in the autumn before, and sometimes later still (Friday
2/1/2026 was made a day off in December 2025), so the overrides have the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from holidays import country_holidays

from aggregator.reports.working_days import OfficeHours, WorkingDays


@dataclass(frozen=True, slots=True)
class DayOverride:
    """What the city says of one day: worked, or off; `why` names the decision."""

    day: date
    works: bool
    why: str


def working_days(
    years: Iterable[int], overrides: Iterable[DayOverride] = (), hours: OfficeHours | None = None
) -> WorkingDays:
    """The calendar of some years; a day outside them is off by an override alone."""
    found = country_holidays("VN", years=sorted(years))
    off = set(found.keys())
    worked = set(found.weekend_workdays)
    for each in overrides:
        (worked if each.works else off).add(each.day)
        (off if each.works else worked).discard(each.day)
    return WorkingDays(hours or OfficeHours(), frozenset(off), frozenset(worked))
