"""From the picture to the ground and back: a plane homography fitted to surveyed points.

Pure. Source: Hartley & Zisserman, Multiple View Geometry, alg. 4.2 (normalised DLT) and ch. 5 (covariance).
Invariant: a `Ground` maps every point of the picture below the horizon; beyond it there is no ground, and
`to_metres` says so. How sure a position is comes from the residuals of the survey; four points are met
exactly and say nothing of their own error, so that one of `SURVEY_M` is assumed, which is also the least.
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
        covariance: 9 x 9, of the entries of `matrix` row by row, in so far as the survey leaves them open.
        survey_m: standard deviation of one surveyed coordinate, as the residuals show it.
    """

    matrix: Matrix
    inverse: Matrix
    residuals_m: tuple[float, ...]
    side: float
    covariance: Matrix
    survey_m: float

    @property
    def rms_m(self) -> float:
        """Root mean square of the residuals; 0 with four points, which any fit meets exactly."""
        return sqrt(sum(value * value for value in self.residuals_m) / len(self.residuals_m))

    def to_metres(self, point: Point) -> Point | None:
        """Metres east and north of a point of the picture; nothing at or beyond the horizon."""
        m, weight = self.matrix, self._weight(point)
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

    @property
    def is_mirrored(self) -> bool:
        """Whether the ground is shown as from below: east and north exchanged, or one of them negated.

        Lengths and speeds are right all the same; a map is not.
        """
        return float(np.linalg.det(self.matrix)) * self.side > 0

    def error_m(self, point: Point, noise: Point) -> float | None:
        """How far off the position of a point of the picture may be: one standard deviation, metres.

        Args:
            point: in the picture.
            noise: standard deviation of the point itself, as shares of the picture's width and height.

        Returns:
            Nothing at or beyond the horizon.
        """
        place = self.to_metres(point)
        if place is None:
            return None
        m, weight = self.matrix, self._weight(point)
        by_point = (m[:2, :2] - np.outer(place, m[2, :2])) / weight
        by_survey = self._by_matrix(point, place)
        spread = by_survey @ self.covariance @ by_survey.T
        return sqrt(float(((by_point * np.array(noise)) ** 2).sum() + np.trace(spread)))

    def length_error_m(self, one: Point, other: Point) -> float | None:
        """How far off the survey may put the distance of two points of the picture: one standard deviation.

        What is common to both points, such as a shift of the whole survey, does not change a length.
        """
        a, b = self.to_metres(one), self.to_metres(other)
        if a is None or b is None or a == b:
            return None
        along = np.array([b[0] - a[0], b[1] - a[1]]) / hypot(b[0] - a[0], b[1] - a[1])
        change = along @ (self._by_matrix(other, b) - self._by_matrix(one, a))
        return sqrt(max(float(change @ self.covariance @ change), 0.0))

    def _weight(self, point: Point) -> float:
        m = self.matrix
        return float(m[2, 0] * point[0] + m[2, 1] * point[1] + m[2, 2])

    def _by_matrix(self, point: Point, place: Point) -> Matrix:
        """How a position changes with each entry of the matrix: 2 x 9."""
        return _by_matrix(np.array([point]), np.array([place]), np.array([self._weight(point)]))


SURVEY_M = 0.1
"""What a surveyed coordinate is off at the least: the tape, and the click on the still."""
_HORIZON = 1e-9
_LEAST_POINTS = 4
_SINGULAR = 1e-7
_FREEDOM = 8


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
    found = [_projected(matrix, (x, y)) for x, y, _, _ in points]
    residuals = tuple(
        hypot(e - east, n - north) for (e, n), (_, _, east, north) in zip(found, points, strict=True)
    )
    if not all(isfinite(value) for value in residuals):
        raise SceneError(_ON_A_LINE)
    free = 2 * len(points) - _FREEDOM
    survey_m = max(sqrt(sum(value * value for value in residuals) / free) if free else 0.0, SURVEY_M)
    return Ground(matrix, inverse, residuals, side, _covariance(matrix, points, survey_m), survey_m)


def _covariance(matrix: Matrix, points: Sequence[Surveyed], survey_m: float) -> Matrix:
    """Of the matrix's entries, from the errors of the survey; its own scale, which means nothing, left out.

    Worked out between normalised points, where the entries are alike in size, and carried over: the map from
    one set of entries to the other is linear.
    """
    picture = np.array([(x, y) for x, y, _, _ in points], np.float64)
    ground = np.array([_projected(matrix, (x, y)) for x, y, _, _ in points], np.float64)
    from_picture, from_ground = _normaliser(picture), _normaliser(ground)
    near = from_ground @ matrix @ np.linalg.inv(from_picture)
    p, g = _applied(from_picture, picture), _applied(from_ground, ground)
    weights = p @ near[2, :2] + near[2, 2]
    by_matrix = _by_matrix(p, g, weights)
    spread = np.linalg.pinv(by_matrix.T @ by_matrix, rcond=_SINGULAR**2, hermitian=True)
    spread *= (survey_m * from_ground[0, 0]) ** 2
    back = np.kron(np.linalg.inv(from_ground), from_picture.T)
    covariance: Matrix = back @ spread @ back.T
    return covariance


def _by_matrix(points: Matrix, places: Matrix, weights: NDArray[np.float64]) -> Matrix:
    """How positions change with each entry of a homography, row by row: (n, 2), (n, 2), (n,) → (2 n, 9)."""
    ends = np.column_stack([points, np.ones(len(points))]) / weights[:, None]
    rows = np.zeros((len(points), 2, 9))
    rows[:, 0, :3] = rows[:, 1, 3:6] = ends
    rows[:, :, 6:] = -places[:, :, None] * ends[:, None, :]
    return rows.reshape(-1, 9)


def _projected(matrix: Matrix, point: Point) -> Point:
    east, north, weight = (float(value) for value in matrix @ np.array([*point, 1.0]))
    return (east / weight, north / weight)


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
