"""Plane geometry of a scene, in normalised coordinates: x to the right, y downwards, origin top-left.

Pure. Which side of a line a point is on follows design: positive where
`dx·(y - from_y) - dy·(x - from_x) > 0`, with `(dx, dy) = to - from`; a point on the line counts as negative,
so every step over it is seen exactly once.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import hypot, inf
from typing import Final

Point = tuple[float, float]
Polygon = tuple[Point, ...]

FORWARD: Final = 1
BACKWARD: Final = -1
_TINY_AREA: Final = 1e-6
_LEAST_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class Crossing:
    """A step over a line segment.

    Attributes:
        direction: `FORWARD` from the negative to the positive side, or `BACKWARD`.
        share: how much of the step was done when it met the line, 0-1.
    """

    direction: int
    share: float


def side(start: Point, end: Point, point: Point) -> float:
    """Signed area that tells which side of the line `start` → `end` a point is on."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def crossing(start: Point, end: Point, before: Point, after: Point) -> Crossing | None:
    """How the step `before` → `after` crosses the segment `start` → `end`; not its extension."""
    from_side, to_side = side(start, end, before), side(start, end, after)
    if (from_side > 0) == (to_side > 0):
        return None
    share = from_side / (from_side - to_side)
    x = before[0] + share * (after[0] - before[0])
    y = before[1] + share * (after[1] - before[1])
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy)
    if not 0 <= along <= 1:
        return None
    return Crossing(FORWARD if to_side > 0 else BACKWARD, share)


def inside(polygon: Polygon, point: Point) -> bool:
    """Whether a point is in a polygon (even-odd rule; points on a left or upper edge are in)."""
    x, y = point
    odd = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
        x1, y1 = x2, y2
    return odd


def edge_distance(polygon: Polygon, point: Point, aspect: float = 1.0) -> float:
    """Distance of a point from the edge of a polygon, in picture heights when x is stretched by `aspect`."""
    x, y = point[0] * aspect, point[1]
    nearest = inf
    for (x1, y1), (x2, y2) in pairwise((*polygon, polygon[0])):
        ax, dx, dy = x1 * aspect, (x2 - x1) * aspect, y2 - y1
        length2 = dx * dx + dy * dy
        share = min(1.0, max(0.0, ((x - ax) * dx + (y - y1) * dy) / length2)) if length2 > 0 else 0.0
        nearest = min(nearest, hypot(x - ax - share * dx, y - y1 - share * dy))
    return nearest


def signed_area(polygon: Polygon) -> float:
    """Area of a polygon; its sign tells the sense of rotation."""
    pairs = pairwise((*polygon, polygon[0]))
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def polygon_problem(polygon: Polygon) -> str | None:
    """What is wrong with a polygon, in words that name the corners (from 1), or nothing."""
    if len(polygon) < _LEAST_CORNERS:
        return f"it has {len(polygon)} corners and needs at least 3"
    edges = list(pairwise((*polygon, polygon[0])))
    for index, (one, other) in enumerate(edges):
        if one == other:
            return f"corners {index + 1} and {(index + 1) % len(polygon) + 1} are the same point: remove one"
    for first in range(len(edges)):
        for second in range(first + 1, len(edges)):
            if _touch(edges, first, second):
                return (
                    f"its edges from corner {first + 1} and from corner {second + 1} cross: "
                    "list the corners in order around the area"
                )
    if abs(signed_area(polygon)) < _TINY_AREA:
        return "it has no area: its corners lie on one line"
    return None


def segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether segment a-b and segment c-d share a point."""
    abc, abd = side(a, b, c), side(a, b, d)
    cda, cdb = side(c, d, a), side(c, d, b)
    if ((abc > 0) != (abd > 0)) and ((cda > 0) != (cdb > 0)) and abc != 0 != abd and cda != 0 != cdb:
        return True
    return any(
        value == 0 and _between(p, q, point)
        for value, p, q, point in ((abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b))
    )


def _between(p: Point, q: Point, point: Point) -> bool:
    """Whether a point on the line p-q lies within its bounding box."""
    return min(p[0], q[0]) <= point[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= point[1] <= max(p[1], q[1])


def _touch(edges: list[tuple[Point, Point]], first: int, second: int) -> bool:
    """Whether two edges of a polygon meet anywhere but at the corner that neighbours share."""
    (a, b), (c, d) = edges[first], edges[second]
    if second == first + 1:  # b is c: they must not fold back onto each other
        return _folds(a, b, d)
    if first == 0 and second == len(edges) - 1:  # d is a
        return _folds(c, d, b)
    return segments_meet(a, b, c, d)


def _folds(before: Point, corner: Point, after: Point) -> bool:
    """Whether the edge corner-after runs back along the edge before-corner."""
    if side(before, corner, after) != 0:
        return False
    back = (before[0] - corner[0], before[1] - corner[1])
    on = (after[0] - corner[0], after[1] - corner[1])
    return back[0] * on[0] + back[1] * on[1] > 0
