"""From the picture to the ground and back: a plane homography fitted to surveyed points.

Pure. Source: Hartley & Zisserman, Multiple View Geometry, alg. 4.2 (normalised DLT). Invariant: a `Ground`
maps every point of the picture below the horizon; beyond it there is no ground, and `to_metres` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from edge_agent.scene.errors import SceneError

Matrix = NDArray[np.float64]
Point = tuple[float, float]
Surveyed = tuple[float, float, float, float]
"""x, y in the picture (0-1), metres east and north."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground plane of one view.

    Attributes:
        matrix: 3 x 3, from the picture (x, y normalised 0-1) to metres (east, north).
        inverse: back.
        residuals_m: distance of each surveyed point from where the fit puts it.
        side: sign of the projective weight on the visible side of the horizon.
    """

    matrix: Matrix
    inverse: Matrix
    residuals_m: tuple[float, ...]
    side: float

    @property
    def rms_m(self) -> float:
        """Root mean square of the residuals; 0 with four points, which any fit meets exactly."""
        return sqrt(sum(value * value for value in self.residuals_m) / len(self.residuals_m))

    def to_metres(self, point: Point) -> Point | None:
        """Metres east and north of a point of the picture; nothing at or beyond the horizon."""
        m = self.matrix
        weight = float(m[2, 0] * point[0] + m[2, 1] * point[1] + m[2, 2])
        if weight * self.side <= _HORIZON:
            return None
        east = float(m[0, 0] * point[0] + m[0, 1] * point[1] + m[0, 2]) / weight
        north = float(m[1, 0] * point[0] + m[1, 1] * point[1] + m[1, 2]) / weight
        return (east, north)

    def to_picture(self, place: Point) -> Point | None:
        """Where a place on the ground (metres) appears, maybe outside 0-1; nothing behind the camera."""
        m = self.inverse
        weight = float(m[2, 0] * place[0] + m[2, 1] * place[1] + m[2, 2])
        if weight * self.side <= 0:
            return None
        x = float(m[0, 0] * place[0] + m[0, 1] * place[1] + m[0, 2]) / weight
        y = float(m[1, 0] * place[0] + m[1, 1] * place[1] + m[1, 2]) / weight
        return (x, y)

    def metres_between(self, one: Point, other: Point) -> float | None:
        """Distance on the ground of two points of the picture."""
        a, b = self.to_metres(one), self.to_metres(other)
        return None if a is None or b is None else hypot(a[0] - b[0], a[1] - b[1])


_HORIZON = 1e-9
_LEAST_POINTS = 4
_SINGULAR = 1e-7


def fit_ground(points: Sequence[Surveyed]) -> Ground:
    """Fit the ground to at least four surveyed points, no three of the four on one line.

    Raises:
        SceneError: too few points, or points that do not span a plane.
    """
    if len(points) < _LEAST_POINTS:
        raise SceneError(f"[homography]: {len(points)} points and at least 4 are needed: survey more")
    picture = np.array([(x, y) for x, y, _, _ in points], np.float64)
    ground = np.array([(e, n) for _, _, e, n in points], np.float64)
    if not (np.isfinite(picture).all() and np.isfinite(ground).all()):
        raise SceneError("[homography], key 'points': a coordinate is not a number: mend it")
    from_picture, from_ground = _normaliser(picture), _normaliser(ground)
    p, g = _applied(from_picture, picture), _applied(from_ground, ground)
    rows = []
    for (x, y), (e, n) in zip(p.tolist(), g.tolist(), strict=True):
        rows.append([-x, -y, -1.0, 0.0, 0.0, 0.0, e * x, e * y, e])
        rows.append([0.0, 0.0, 0.0, -x, -y, -1.0, n * x, n * y, n])
    _, singular, right = np.linalg.svd(np.array(rows))
    if singular[7] < _SINGULAR * singular[0]:
        raise SceneError(_ON_A_LINE)
    matrix = np.linalg.inv(from_ground) @ right[-1].reshape(3, 3) @ from_picture
    matrix = matrix / np.abs(matrix).max()
    if abs(np.linalg.det(matrix / np.linalg.norm(matrix))) < _SINGULAR**2:
        raise SceneError(_ON_A_LINE)
    return _checked(matrix, points)


_ON_A_LINE = (
    "[homography], key 'points': the points lie on a line or coincide: survey points at the four corners of "
    "the road as far apart as the picture shows"
)


def _checked(matrix: Matrix, points: Sequence[Surveyed]) -> Ground:
    weights = [float(matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]) for x, y, _, _ in points]
    side = 1.0 if weights[0] > 0 else -1.0
    if any(weight * side <= _HORIZON for weight in weights):
        raise SceneError(
            "[homography], key 'points': the horizon would run between the points: check that no two are "
            "swapped and that metres are east first, then north"
        )
    inverse: Matrix = np.linalg.inv(matrix).astype(np.float64)
    origin = inverse @ np.array([points[0][2], points[0][3], 1.0])
    if origin[2] * side < 0:
        inverse = -inverse
    bare = Ground(matrix, inverse, (), side)
    residuals = []
    for x, y, east, north in points:
        found = bare.to_metres((x, y))
        residuals.append(hypot(found[0] - east, found[1] - north) if found else float("inf"))
    if not all(isfinite(value) for value in residuals):
        raise SceneError(_ON_A_LINE)
    return Ground(matrix, inverse, tuple(residuals), side)


def _normaliser(points: Matrix) -> Matrix:
    """Moves points to their centre and scales their mean distance from it to √2."""
    centre = points.mean(axis=0)
    spread = float(np.linalg.norm(points - centre, axis=1).mean())
    if spread <= 0:
        raise SceneError(_ON_A_LINE)
    scale = sqrt(2) / spread
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1.0]])


def _applied(transform: Matrix, points: Matrix) -> Matrix:
    moved: Matrix = points * transform[0, 0] + transform[:2, 2]
    return moved
