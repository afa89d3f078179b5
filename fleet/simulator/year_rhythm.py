"""The rhythm of a Vietnamese city: hours, weekdays, holidays, Tết, seasons and storms (pure).

Times are local (UTC+7, which has no summer time). The dates of Tết are those of 2023 to 2030; another
year has none.
"""

import math
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fleet.simulator.year_city import Curve

TET: Final = {
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 2),
}
_HOLIDAYS: Final = {(1, 1), (4, 30), (5, 1), (9, 2)}
_STORMS_A_SEASON: Final = 9
_TIDE_DAYS: Final = 0.5175
_SATURDAY: Final = 5
_SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class Storm:
    """Rain and wind between two local times; `force` 0.3 (heavy rain) to 1.2 (typhoon)."""

    start: datetime
    end: datetime
    force: float

    def at(self, now: datetime) -> float:
        """How hard it blows: rises, peaks in the middle, falls."""
        if not self.start <= now < self.end:
            return 0.0
        return self.force * math.sin(math.pi * ((now - self.start) / (self.end - self.start)))

    def water_at(self, now: datetime) -> float:
        """How much of it stands in the rivers: peaks at its end and runs off over two days."""
        if now < self.start:
            return 0.0
        if now < self.end:
            return self.force * ((now - self.start) / (self.end - self.start))
        return self.force * math.exp(-((now - self.end) / timedelta(days=1)))


def storms_of(first: date, last: date, rng: random.Random) -> tuple[Storm, ...]:
    """Storms of the rainy seasons (June to November) between two dates."""
    found = []
    for year in range(first.year, last.year + 1):
        for _ in range(_STORMS_A_SEASON):
            start = datetime(year, 6, 1) + timedelta(hours=rng.uniform(0, 183 * 24))  # noqa: DTZ001  local time
            length = timedelta(hours=rng.uniform(6, 40))
            found.append(Storm(start, start + length, rng.uniform(0.3, 1.2)))
    return tuple(storm for storm in found if first <= storm.start.date() <= last)


def tet_of(day: date) -> int | None:
    """Days since the first of Tết, within three weeks of it; negative before."""
    first = TET.get(day.year)
    if first is None:
        return None
    days = (day - first).days
    return days if -14 <= days <= 14 else None  # noqa: PLR2004  a fortnight on either side


def is_holiday(day: date) -> bool:
    """Whether offices are closed for a holiday."""
    days = tet_of(day)
    return (day.month, day.day) in _HOLIDAYS or (days is not None and -1 <= days <= 4)  # noqa: PLR2004  the week of Tết


class Rhythm:
    """All curves at a time; `curves` is called once a period and shared by every series."""

    def __init__(self, storms: tuple[Storm, ...]) -> None:
        self._storms = storms

    def curves(self, now: datetime) -> tuple[float, ...]:
        """Value of each `Curve` at the local time `now` (naive)."""
        hour = now.hour + now.minute / 60
        day = now.date()
        wind = max((storm.at(now) for storm in self._storms), default=0.0)
        water = sum(storm.water_at(now) for storm in self._storms)
        shelter = max(0.15, 1 - 0.8 * wind)
        tide = 0.5 + 0.5 * math.sin(2 * math.pi * _days(now) / _TIDE_DAYS)
        traffic = _traffic(hour, day) * shelter
        heat = _heat(hour, day) * (1 - 0.3 * min(1.0, wind))
        found = {
            Curve.TRAFFIC: traffic,
            Curve.OFFICE: _office(hour, day) * shelter,
            Curve.HEALTH: _health(hour, day) * shelter,
            Curve.SCHOOL: _school(hour, day) * (0.0 if wind > 0.5 else 1.0),  # noqa: PLR2004  schools close
            Curve.TOURISM: _tourism(hour, day) * max(0.05, 1 - 1.2 * wind),
            Curve.EVENING: (0.1 + _bump(hour, 20, 2.5)) * shelter,
            Curve.HEAT: heat,
            Curve.HAZE: _haze(hour, day) * max(0.2, 1 - wind),
            Curve.SUN: _bump(hour, 13, 3) * (1 - 0.7 * min(1.0, wind)),
            Curve.RAIN: wind,
            Curve.WIND: 0.15 + 0.2 * _bump(hour, 15, 4) + wind,
            Curve.FLOOD: min(1.6, 0.12 + 0.5 * water + 0.15 * tide),
            Curve.TIDE: tide,
            Curve.FLAT: 1.0,
            Curve.CONGESTION: traffic + 0.5 * wind,
            Curve.YEAR: (_days(now) % 30) / 30,
        }
        return tuple(found[curve] for curve in Curve)

    def storm(self, now: datetime) -> float:
        """Force of the worst storm at that time."""
        return max((storm.at(now) for storm in self._storms), default=0.0)


def _days(now: datetime) -> float:
    return (now - datetime(2020, 1, 1)) / timedelta(days=1)  # noqa: DTZ001  local time


def _bump(hour: float, middle: float, width: float) -> float:
    away = min(abs(hour - middle), 24 - abs(hour - middle))
    return math.exp(-((away / width) ** 2))


def _tet_factor(day: date, before: float, during: float) -> float:
    days = tet_of(day)
    if days is None:
        return 1.0
    if -10 <= days < -1:  # noqa: PLR2004  the shopping days before
        return before
    return during if -1 <= days <= 5 else 1.0  # noqa: PLR2004  the week of Tết


def _traffic(hour: float, day: date) -> float:
    weekend = {_SATURDAY: 0.85, _SUNDAY: 0.7}.get(day.weekday(), 1.0)
    daily = 0.05 + _bump(hour, 7.2, 1.4) + 0.45 * _bump(hour, 12, 2.5) + _bump(hour, 17.4, 1.7)
    return (daily + 0.3 * _bump(hour, 20, 2)) * weekend * _tet_factor(day, 1.3, 0.4)


def _office(hour: float, day: date) -> float:
    if day.weekday() == _SUNDAY or is_holiday(day):
        return 0.0
    morning = _bump(hour, 9.3, 1.3) if 7.25 <= hour < 11.75 else 0.0  # noqa: PLR2004  opening hours
    afternoon = 0.8 * _bump(hour, 14.8, 1.3) if 13.25 <= hour < 17.1 else 0.0  # noqa: PLR2004  opening hours
    return morning if day.weekday() == _SATURDAY else morning + afternoon


def _health(hour: float, day: date) -> float:
    week = {0: 1.3, _SATURDAY: 0.7, _SUNDAY: 0.35}.get(day.weekday(), 1.0)
    daily = 0.06 + _bump(hour, 8.3, 1.8) + 0.6 * _bump(hour, 14.5, 1.6)
    return daily * week * (0.35 if is_holiday(day) else 1.0)


def _school(hour: float, day: date) -> float:
    days = tet_of(day)
    closed = day.weekday() == _SUNDAY or is_holiday(day) or (days is not None and -7 <= days <= 7)  # noqa: PLR2004
    if closed:
        return 0.0
    summer = 0.12 if day.month in (6, 7, 8) else 1.0
    saturday = 0.4 if day.weekday() == _SATURDAY else 1.0
    return (_bump(hour, 6.8, 0.5) + 0.5 * _bump(hour, 11.3, 0.5) + _bump(hour, 16.7, 0.6)) * summer * saturday


def _tourism(hour: float, day: date) -> float:
    weekend = 1.8 if day.weekday() >= _SATURDAY else 1.0
    summer = 1.4 if day.month in (5, 6, 7, 8) else 1.0
    daily = _bump(hour, 9.5, 2) + _bump(hour, 17, 2.5) + 0.5 * _bump(hour, 20.5, 1.5)
    holiday = 2.2 if is_holiday(day) else 1.0
    return 0.5 * daily * weekend * summer * holiday


def _season(day: date) -> float:
    """0 in the coolest weeks (January), 1 in the hottest (June)."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365)


def _heat(hour: float, day: date) -> float:
    return 0.15 + 0.45 * _season(day) + 0.4 * _bump(hour, 14, 4)


def _haze(hour: float, day: date) -> float:
    return (0.25 + 0.5 * _bump(hour, 7, 2.5) + 0.4 * _bump(hour, 20, 3)) * (1.5 - _season(day))
