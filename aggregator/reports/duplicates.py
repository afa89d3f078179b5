"""Which reports may tell of the same thing: by place, category and time. Pure.

What is suggested is never merged by itself: a person decides. Of two, the older one is the original.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_EARTH_M: Final = 6_371_000.0
_DEGREE_M: Final = math.pi / 180 * _EARTH_M
_FIELD_WEIGHT: Final = 0.6


@dataclass(frozen=True, slots=True)
class Near:
    """How near counts as the same; defaults ours.

    Attributes:
        radius_m: farther apart is another thing.
        window_ms: longer before or after is another time.
        most: suggestions.
    """

    radius_m: float = 150.0
    window_ms: int = 14 * 86_400_000
    most: int = 10


@dataclass(frozen=True, slots=True)
class Spot:
    """What of a report is compared."""

    id: str
    category: str
    field: str
    lat: float
    lon: float
    occurred_ms: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another report that may tell of the same; `score` is 1 for the same place and time."""

    id: str
    distance_m: float
    apart_ms: int
    same_category: bool
    score: float


@dataclass(frozen=True, slots=True)
class Box:
    """Bounds for a first look in the store; never narrower than the radius."""

    south: float
    north: float
    west: float
    east: float


def distance_m(a_lat: float, a_lon: float, b_lat: float, b_lon: float) -> float:
    """Great-circle distance."""
    a, b = math.radians(a_lat), math.radians(b_lat)
    half_lat, half_lon = (b - a) / 2, math.radians(b_lon - a_lon) / 2
    square = math.sin(half_lat) ** 2 + math.cos(a) * math.cos(b) * math.sin(half_lon) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(square)))


def box_around(lat: float, lon: float, radius_m: float) -> Box:
    """Bounds of a circle."""
    high = radius_m / _DEGREE_M
    # meridians meet at the poles: a box there is the whole round
    narrow = math.cos(math.radians(min(90.0, abs(lat) + high)))
    wide = min(360.0, high / narrow) if narrow > high / 360 else 360.0
    return Box(lat - high, lat + high, lon - wide, lon + wide)


def suggestions(of: Spot, others: Iterable[Spot], near: Near | None = None) -> list[Suggestion]:
    """Others that may tell of the same, the likeliest first."""
    near = near or Near()
    found = [each for other in others if other.id != of.id and (each := _compared(of, other, near))]
    return sorted(found, key=lambda each: (-each.score, each.id))[: near.most]


def _compared(of: Spot, other: Spot, near: Near) -> Suggestion | None:
    if of.field != other.field:
        return None
    apart_ms = abs(of.occurred_ms - other.occurred_ms)
    away_m = distance_m(of.lat, of.lon, other.lat, other.lon)
    if apart_ms > near.window_ms or away_m > near.radius_m:
        return None
    same = of.category == other.category
    score = (1 - away_m / near.radius_m / 2) * (1 - apart_ms / near.window_ms / 2)
    return Suggestion(other.id, away_m, apart_ms, same, score * (1.0 if same else _FIELD_WEIGHT))
