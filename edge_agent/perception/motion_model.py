"""Constant velocity in seconds: where each object is expected, and how sure that is.

One Kalman filter per object, alike in x and y, so its covariance is three numbers; arrays over all objects.
Lengths are in frame heights. White acceleration noise and measurement noise grow with the object's size.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ACCELERATION: Final = 1.0
"""Sizes per s^1.5: how fast a velocity may wander."""
FIRST_SPEED: Final = 2.0
"""Sizes per s: what the speed of an object just born may be (one standard deviation)."""
JITTER: Final = 0.10
"""Sizes: how far a detected anchor is from the true one (one standard deviation)."""
SIZE_GAIN: Final = 0.3
"""Share of a new detection in the smoothed width and height."""
NEARING: Final = 1.5
"""By what factor an object's size may change from one frame to the next through its coming or going."""


@dataclass(slots=True)
class Motion:
    """States of n objects; rows are added and removed together.

    Attributes:
        at: bottom-centre (x, y), shape (n, 2).
        velocity: per second, shape (n, 2).
        size: width and height, shape (n, 2).
        at_spread: variance of each coordinate of the position, shape (n,).
        tie: covariance of position and velocity, shape (n,).
        velocity_spread: variance of each coordinate of the velocity, shape (n,).
    """

    at: Floats
    velocity: Floats
    size: Floats
    at_spread: Floats
    tie: Floats
    velocity_spread: Floats

    @classmethod
    def none(cls) -> "Motion":
        """No objects."""
        return cls(
            np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0)
        )

    def predict(self, dt_s: float, horizon: Floats | None = None) -> None:
        """Move every object `dt_s` seconds on.

        Args:
            dt_s: seconds.
            horizon: third row of the ground's homography over frame heights, where the ground is known: what
                comes nearer then grows and quickens as it does in perspective (exact for steady motion).
        """
        if dt_s <= 0 or not len(self.at):
            return
        if horizon is not None:
            self._near(dt_s, horizon)
        noise = (ACCELERATION**2 * dt_s) * self.size[:, 0] * self.size[:, 1]
        self.at += self.velocity * dt_s
        self.at_spread += dt_s * (2 * self.tie + dt_s * (self.velocity_spread + noise / 3))
        self.tie += dt_s * (self.velocity_spread + noise / 2)
        self.velocity_spread += noise

    def _near(self, dt_s: float, horizon: Floats) -> None:
        """Half of a step in perspective, the other half being `at += velocity * dt`.

        A point that moves steadily over the ground is, in the picture, at `p + v·t/(1 + κt)` with velocity
        `v/(1 + κt)²` and size `s/(1 + κt)`, where `κ = -(h·v)/(h·p)` for the homography's third row h.
        """
        depth = self.at @ horizon[:2] + horizon[2]
        step = dt_s * (self.velocity @ horizon[:2])
        nearer = np.abs(step) < np.abs(depth)  # beyond that the step would pass the horizon or the camera
        shrink = 1 - np.divide(step, depth, out=np.zeros_like(step), where=nearer)
        grow = np.minimum(np.maximum(1 / np.maximum(shrink, 1 / NEARING), 1 / NEARING), NEARING)
        self.at += self.velocity * (dt_s * (grow - grow**2))[:, None]
        self.velocity *= (grow**2)[:, None]
        self.size *= grow[:, None]

    def correct(self, rows: NDArray[np.int64], boxes: Floats) -> None:
        """Take in what was seen: boxes `xyxy` of shape (k, 4) for k different rows."""
        at, size = anchors(boxes)
        ours = self.size[rows]
        spread, tie = self.at_spread[rows], self.tie[rows]
        total = spread + JITTER**2 * ours[:, 0] * ours[:, 1]
        gain, velocity_gain = spread / total, tie / total
        surprise = at - self.at[rows]
        self.at[rows] += gain[:, None] * surprise
        self.velocity[rows] += velocity_gain[:, None] * surprise
        self.at_spread[rows] = spread * (1 - gain)
        self.tie[rows] = tie * (1 - gain)
        self.velocity_spread[rows] -= velocity_gain * tie
        self.size[rows] = ours + SIZE_GAIN * (size - ours)

    def add(self, boxes: Floats) -> None:
        """Objects seen for the first time, at unknown speed."""
        at, size = anchors(boxes)
        area = size[:, 0] * size[:, 1]
        self.at = np.concatenate([self.at, at])
        self.velocity = np.concatenate([self.velocity, np.zeros_like(at)])
        self.size = np.concatenate([self.size, size])
        self.at_spread = np.concatenate([self.at_spread, JITTER**2 * area])
        self.tie = np.concatenate([self.tie, np.zeros_like(area)])
        self.velocity_spread = np.concatenate([self.velocity_spread, FIRST_SPEED**2 * area])

    def expect(self, rows: NDArray[np.int64], velocity: Floats, spread: float) -> None:
        """Give objects just added a velocity (k, 2) that is known but for `spread`, a share of the speed."""
        speed = np.linalg.norm(velocity, axis=1)
        self.velocity[rows] = velocity
        self.velocity_spread[rows] = (spread * speed) ** 2 + JITTER**2 * self.size[rows, 0] * self.size[
            rows, 1
        ]

    def restart(self, rows: NDArray[np.int64], boxes: Floats, since_s: Floats) -> None:
        """Take what was expected of objects back: seen as `boxes` so many seconds ago, at unknown speed."""
        at, size = anchors(boxes)
        spread = FIRST_SPEED**2 * size[:, 0] * size[:, 1]
        self.at[rows], self.velocity[rows] = at, 0.0
        self.at_spread[rows] = JITTER**2 * size[:, 0] * size[:, 1] + since_s**2 * spread
        self.tie[rows], self.velocity_spread[rows] = since_s * spread, spread

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Forget every other object."""
        self.at, self.velocity, self.size = self.at[which], self.velocity[which], self.size[which]
        self.at_spread, self.tie = self.at_spread[which], self.tie[which]
        self.velocity_spread = self.velocity_spread[which]

    def boxes(self) -> Floats:
        """Boxes `xyxy` where the objects are expected, shape (n, 4)."""
        boxes = np.empty((len(self.at), 4))
        boxes[:, 0] = self.at[:, 0] - self.size[:, 0] / 2
        boxes[:, 1] = self.at[:, 1] - self.size[:, 1]
        boxes[:, 2] = boxes[:, 0] + self.size[:, 0]
        boxes[:, 3] = self.at[:, 1]
        return boxes


def anchors(boxes: Floats) -> tuple[Floats, Floats]:
    """Bottom-centres (k, 2) and sizes (k, 2) of boxes `xyxy`."""
    size = boxes[:, 2:] - boxes[:, :2]
    at = boxes[:, 2:].copy()
    at[:, 0] -= size[:, 0] / 2
    return at, size
