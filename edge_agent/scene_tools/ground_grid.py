"""A grid of metres on the ground, as segments of the picture: to see whether a calibration is right. Pure."""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import Final

from edge_agent.scene.homography import Ground, Surveyed

STEPS_M: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
MOST_LINES: Final = 16
_PIECES: Final = 24
_BEYOND: Final = 0.25
_OUTSIDE: Final = 0.2

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class GroundGrid:
    """Lines of equal east and of equal north around the surveyed points.

    Attributes:
        step_m: metres between two lines.
        segments: pieces of the lines, normalised, possibly a little outside the picture.
        labels: where which line is: a point, and its text such as "E 10".
    """

    step_m: float
    segments: tuple[Segment, ...]
    labels: tuple[tuple[tuple[float, float], str], ...]


def ground_grid(ground: Ground, points: tuple[Surveyed, ...]) -> GroundGrid:
    """The grid around the surveyed points and a quarter beyond."""
    east = _span([point[2] for point in points])
    north = _span([point[3] for point in points])
    widest = max(east[1] - east[0], north[1] - north[0])
    step_m = next((step for step in STEPS_M if widest / step <= MOST_LINES), STEPS_M[-1])
    segments: list[Segment] = []
    labels: list[tuple[tuple[float, float], str]] = []
    for value in _values(east, step_m):
        found = _seen(ground, [(value, north[0] + share * (north[1] - north[0])) for share in _shares()])
        segments += found
        labels += [(found[0][0], f"E {value:g}")] if found else []
    for value in _values(north, step_m):
        found = _seen(ground, [(east[0] + share * (east[1] - east[0]), value) for share in _shares()])
        segments += found
        labels += [(found[0][0], f"N {value:g}")] if found else []
    return GroundGrid(step_m, tuple(segments), tuple(labels))


def _span(values: list[float]) -> tuple[float, float]:
    least, most = min(values), max(values)
    beyond = _BEYOND * (most - least) or 1.0
    return (least - beyond, most + beyond)


def _values(span: tuple[float, float], step_m: float) -> list[float]:
    return [index * step_m for index in range(ceil(span[0] / step_m), floor(span[1] / step_m) + 1)]


def _shares() -> list[float]:
    return [index / _PIECES for index in range(_PIECES + 1)]


def _seen(ground: Ground, places: list[tuple[float, float]]) -> list[Segment]:
    found: list[Segment] = []
    for one, other in pairwise(ground.to_picture(place) for place in places):
        if one is not None and other is not None and _near(one) and _near(other):
            found.append((one, other))
    return found


def _near(point: tuple[float, float]) -> bool:
    return -_OUTSIDE <= point[0] <= 1 + _OUTSIDE and -_OUTSIDE <= point[1] <= 1 + _OUTSIDE
