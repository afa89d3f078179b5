"""How far a calibration can be trusted: residuals, each point predicted by the others, bad geometry. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import hypot, sqrt
from typing import Final

from edge_agent.scene.errors import SceneError
from edge_agent.scene.geometry import signed_area
from edge_agent.scene.homography import Ground, Surveyed, fit_ground

LEAST_TO_JUDGE: Final = 5
_WELL_SPREAD: Final = 0.02
_THIN: Final = 0.12
_GOOD_M: Final = 0.5
_OUTLIER: Final = 3.0
_PIXEL: Final = 1 / 1000


@dataclass(frozen=True, slots=True)
class PointReport:
    """One surveyed point.

    Attributes:
        point: as surveyed.
        residual_m: how far the fit puts it from where it was surveyed.
        left_out_m: the same when the fit does not know it; None when that cannot be told.
        metres_a_pixel: how far on the ground one thousandth of the picture's height is, there.
    """

    point: Surveyed
    residual_m: float
    left_out_m: float | None
    metres_a_pixel: float | None


@dataclass(frozen=True, slots=True)
class FitReport:
    """The whole survey.

    Attributes:
        ground: the fit.
        points: in the order given.
        warnings: what is wrong with it, and the next step.
    """

    ground: Ground
    points: tuple[PointReport, ...]
    warnings: tuple[str, ...]

    @property
    def left_out_rms_m(self) -> float | None:
        """Root mean square of the left-out errors; None with four points."""
        known = [each.left_out_m for each in self.points if each.left_out_m is not None]
        return sqrt(sum(value * value for value in known) / len(known)) if known else None


def report_fit(points: Sequence[Surveyed]) -> FitReport:
    """Fit the ground and judge it.

    Raises:
        SceneError: the points give no plane.
    """
    ground = fit_ground(points)
    reports = tuple(
        PointReport(
            point, ground.residuals_m[index], _left_out(points, index), _metres_a_pixel(ground, point[:2])
        )
        for index, point in enumerate(points)
    )
    return FitReport(ground, reports, tuple(_warnings(ground, reports)))


def _left_out(points: Sequence[Surveyed], index: int) -> float | None:
    if len(points) < LEAST_TO_JUDGE:
        return None
    x, y, east, north = points[index]
    try:
        found = fit_ground([*points[:index], *points[index + 1 :]]).to_metres((x, y))
    except SceneError:
        return None
    return None if found is None else hypot(found[0] - east, found[1] - north)


def _metres_a_pixel(ground: Ground, point: tuple[float, float]) -> float | None:
    found = ground.metres_between(point, (point[0], point[1] + _PIXEL))
    return found if found is not None else ground.metres_between(point, (point[0], point[1] - _PIXEL))


def _warnings(ground: Ground, reports: Sequence[PointReport]) -> list[str]:
    points = [each.point for each in reports]
    found = []
    if len(points) < LEAST_TO_JUDGE:
        found.append(
            "four points fit any survey exactly, so nothing shows a mistake: survey two more, in the middle"
        )
    found += _shape_warnings(points)
    if ground.is_mirrored:
        found.append(
            "the survey shows the ground as from below: write each point as x, y, metres east, metres north; "
            "lengths and speeds are right all the same, places on the map are not"
        )
    if ground.rms_m > _GOOD_M:
        found.append(
            f"the points disagree by {ground.rms_m:.2f} m RMS (0.5 m is good): survey the worst of them again"
        )
    if (odd := _odd_one_out(ground, points)) is not None:
        found.append(
            f"without point {odd + 1} the others agree: check where that point is in the picture and on the "
            "ground, or leave it out"
        )
    return found


def _odd_one_out(ground: Ground, points: Sequence[Surveyed]) -> int | None:
    """The point without which the rest fits much better: it was surveyed or clicked wrongly."""
    if len(points) <= LEAST_TO_JUDGE or ground.rms_m <= _GOOD_M / 2:
        return None
    rest = {}
    for index in range(len(points)):
        try:
            rest[index] = fit_ground([*points[:index], *points[index + 1 :]]).rms_m
        except SceneError:
            continue
    odd = min(rest, key=rest.__getitem__, default=None)
    return odd if odd is not None and rest[odd] < ground.rms_m / _OUTLIER else None


def _shape_warnings(points: Sequence[Surveyed]) -> list[str]:
    found = []
    outline = hull([(x, y) for x, y, _, _ in points])
    area = abs(signed_area(outline)) if len(outline) >= 3 else 0.0  # noqa: PLR2004 - a triangle
    if area < _WELL_SPREAD:
        found.append(
            f"the points cover {area:.1%} of the picture, and beyond them errors grow fast: survey points as "
            "far apart as the picture shows, near and far"
        )
    ground = hull([(east, north) for _, _, east, north in points])
    if len(ground) >= 3 and thinness(ground) < _THIN:  # noqa: PLR2004 - a triangle
        found.append(
            "the points lie almost on one line on the ground: survey points on both sides of the road"
        )
    if area >= _WELL_SPREAD and thinness(outline) < _THIN:
        found.append("the points lie almost on one line in the picture: survey points on both sides of it")
    return found


def hull(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The corners of the smallest convex polygon around the points (Andrew's monotone chain)."""
    ordered = sorted(set(points))

    def chain(walk: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for point in walk:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    if len(ordered) < 3:  # noqa: PLR2004 - a triangle
        return tuple(ordered)
    return (*chain(ordered), *chain(ordered[::-1]))


def thinness(outline: Sequence[tuple[float, float]]) -> float:
    """Area by the square of the longest distance between two corners: 0 on a line, 0.5 for a square."""
    longest = max((hypot(a[0] - b[0], a[1] - b[1]) for a, b in combinations(outline, 2)), default=0.0)
    return abs(signed_area(tuple(outline))) / longest**2 if longest else 0.0


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
