"""What a lane tells of a vehicle that is seen for the first time: where it goes, and how fast.

Pure, plain values: the pipeline makes them from the scene, so that perception does not know scenes. Lengths
are in frame heights, as in the motion model. Where the ground is surveyed, the usual speed goes through its
homography; elsewhere the vehicle is its own ruler: its box is as high as its class makes it for a camera that
looks down as street cameras do. That is good for traffic across the picture; traffic into its depth goes
slower the farther it is, so without a survey a lane that runs up or down the picture has no prior. Nor has a
place in no lane, in a lane without a usual speed, or in lanes that disagree.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.motion_model import Floats

Point = tuple[float, float]
Row = tuple[float, float, float]

SIZES_M: Final = {
    "bicycle": (1.8, 0.6, 1.7),
    "motorcycle": (2.0, 0.7, 1.6),
    "motorbike": (2.0, 0.7, 1.6),
    "scooter": (1.9, 0.7, 1.6),
    "car": (4.4, 1.8, 1.5),
    "van": (5.0, 1.9, 2.1),
    "bus": (10.0, 2.5, 3.1),
    "truck": (7.0, 2.4, 2.9),
}
"""Length, width and height of vehicles with their riders, by what detectors call them; what is not here keeps
to no lane."""
TILT: Final = (0.42, 0.91)
"""Sine and cosine of how far a street camera looks down (25°), where the ground was not surveyed."""

SURVEYED_SPREAD: Final = 0.35
"""One standard deviation of a vehicle's speed, in shares of the usual one."""
RULER_SPREAD: Final = 0.5
"""The same where the vehicle's own height is the ruler."""
FASTEST: Final = 10.0
"""Frame heights per second: what is faster is a place where the ground cannot be trusted."""
ARRIVING: Final = 1.5
"""Steps since a vehicle came into the picture in which it may have been missed."""
_AGREE: Final = 0.9
_STEP: Final = 1e-3


@dataclass(frozen=True, slots=True)
class LanePrior:
    """One lane.

    Attributes:
        polygon: corners in the picture, normalised 0-1.
        direction: of its traffic at the polygon's middle, as a vector in the picture (normalised).
        speed_m_s: how fast one usually goes there.
    """

    polygon: tuple[Point, ...]
    direction: Point
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of one view.

    Attributes:
        lanes: those with a usual speed.
        ground: rows of the homography from the picture (normalised) to metres, where it was surveyed.
    """

    lanes: tuple[LanePrior, ...] = ()
    ground: tuple[Row, Row, Row] | None = None


class LaneFlow:
    """How vehicles are expected to move, by place.

    Args:
        lanes: the lanes of the view.
        labels: label of each class id.
        aspect: width / height of the frames.
    """

    def __init__(self, lanes: Lanes, labels: tuple[str, ...], aspect: float) -> None:
        self._stretch = np.array([aspect, 1.0])
        self._size_m = np.array([SIZES_M.get(label, (0.0, 0.0, 0.0)) for label in labels])
        self._ground: Floats | None = None
        if lanes.ground is not None:
            self._ground = np.array(lanes.ground) @ np.diag([1 / aspect, 1.0, 1.0])
        self.spread = RULER_SPREAD if self._ground is None else SURVEYED_SPREAD
        ways = [(lane, *self._way(lane)) for lane in lanes.lanes]
        self._lanes = [
            (lane.speed_m_s, corners, way)
            for lane, corners, way in ways
            if self._ground is not None or abs(way[0]) >= abs(way[1])
        ]

    def __bool__(self) -> bool:
        """Whether anything is expected anywhere."""
        return bool(self._lanes)

    def horizon(self) -> Floats | None:
        """Third row of the homography over frame heights: the depth of a place, up to a factor."""
        return self._ground[2] if self._ground is not None and self._lanes else None

    def velocities(self, at: Floats, height: Floats, class_id: NDArray[np.int64]) -> Floats:
        """Expected velocity of objects just found; zero where there is no prior.

        Args:
            at: anchors in frame heights, shape (n, 2).
            height: heights of their boxes in frame heights, shape (n,).
            class_id: shape (n,).

        Returns:
            Frame heights per second, shape (n, 2).
        """
        total, fastest, count = np.zeros_like(at), np.zeros(len(at)), np.zeros(len(at))
        size_m = self._size_m[class_id]
        for speed_m_s, corners, way in self._lanes:
            here = _inside(corners, at) & (size_m[:, 2] > 0)
            if not here.any():
                continue
            if self._ground is None:
                velocity = way * (speed_m_s * height[here] * _per_metre(way, size_m[here]))[:, None]
            else:
                velocity = _picture_velocity(self._ground, at[here], way * speed_m_s)
            total[here] += velocity
            fastest[here] += np.linalg.norm(velocity, axis=1)
            count[here] += 1
        agree = np.linalg.norm(total, axis=1) >= _AGREE * fastest
        result: Floats = np.where(agree[:, None], total / np.maximum(count, 1)[:, None], 0.0)
        return result

    def _way(self, lane: LanePrior) -> tuple[Floats, Floats]:
        """A lane's corners in frame heights, and its direction: over the ground where that is known."""
        corners = np.array(lane.polygon) * self._stretch
        way = np.array(lane.direction) * self._stretch
        if self._ground is not None:
            way = _ground_step(self._ground, corners.mean(axis=0), way)
        return corners, _unit(way)

    def arriving(self, boxes: Floats, velocity: Floats, step_s: float) -> NDArray[np.bool_]:
        """Which boxes `xyxy` (n, 4) of such velocities (n, 2) may just have come into the picture."""
        way = np.sign(velocity)
        edge = np.where(way > 0, boxes[:, :2], boxes[:, 2:]) - ARRIVING * step_s * velocity
        out = ((edge < 0) & (way > 0)) | ((edge > self._stretch) & (way < 0))
        return np.asarray(out.any(axis=1))


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _per_metre(way: Floats, size_m: Floats) -> Floats:
    """How far a vehicle moves in the picture along `way` for each metre, in heights of its box.

    A metre into depth is foreshortened by the sine of the tilt, and depth adds to the height of the box.
    """
    sine, cosine = TILT
    stretch = 1 / float(np.hypot(way[0], way[1] / sine))
    aside, ahead = abs(float(way[0])) * stretch, abs(float(way[1])) * stretch / sine
    deep_m = size_m[:, 0] * ahead + size_m[:, 1] * aside
    result: Floats = stretch / (size_m[:, 2] * cosine + deep_m * sine)
    return result


def _ground_step(matrix: Floats, at: Floats, direction: Floats) -> Floats:
    """The way over the ground of a small step in the picture."""
    ahead = at + direction * (_STEP / max(float(np.linalg.norm(direction)), 1e-12))
    here, there = matrix @ np.array([*at, 1.0]), matrix @ np.array([*ahead, 1.0])
    step: Floats = there[:2] / there[2] - here[:2] / here[2]
    return step


def _picture_velocity(matrix: Floats, at: Floats, metres_per_s: Floats) -> Floats:
    """Velocity in the picture of what moves over the ground: the inverse of the homography's slope.

    At and beyond the horizon there is no ground, and so no velocity.
    """
    homogeneous = at @ matrix[:, :2].T + matrix[:, 2]
    weight = homogeneous[:, 2]
    with np.errstate(all="ignore"):
        east, north = homogeneous[:, 0] / weight, homogeneous[:, 1] / weight
        a, b = matrix[0, 0] - east * matrix[2, 0], matrix[0, 1] - east * matrix[2, 1]
        c, d = matrix[1, 0] - north * matrix[2, 0], matrix[1, 1] - north * matrix[2, 1]
        scale = weight / (a * d - b * c)
        velocity = np.stack(
            [
                (d * metres_per_s[0] - b * metres_per_s[1]) * scale,
                (a * metres_per_s[1] - c * metres_per_s[0]) * scale,
            ],
            axis=1,
        )
        good = np.isfinite(velocity).all(axis=1) & (np.abs(velocity).max(axis=1) <= FASTEST)
    result: Floats = np.where(good[:, None], velocity, 0.0)
    return result


def _inside(corners: Floats, at: Floats) -> NDArray[np.bool_]:
    """Which points are in a polygon (even-odd rule, as in the scene's geometry)."""
    x, y = at[:, 0], at[:, 1]
    odd = np.zeros(len(at), np.bool_)
    before = corners[-1]
    for corner in corners:
        (x1, y1), (x2, y2) = before, corner
        if y1 != y2:
            odd ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        before = corner
    return odd
