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


@dataclass(slots=True)
class Motion:
    """States of n objects; rows are added and removed together.

    Attributes:
        at: bottom-centre (x, y), shape (n, 2).
        velocity: per second, shape (n, 2).
        size: width and height, shape (n, 2).
        spread: covariance of position, position-velocity and velocity, shape (n, 3).
    """

    at: Floats
    velocity: Floats
    size: Floats
    spread: Floats

    @classmethod
    def none(cls) -> "Motion":
        """No objects."""
        return cls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 3)))

    def predict(self, dt_s: float) -> None:
        """Move every object `dt_s` seconds on."""
        if dt_s <= 0 or not len(self.at):
            return
        noise = (ACCELERATION**2) * self.size[:, 0] * self.size[:, 1]
        pp, pv, vv = self.spread.T
        self.at += self.velocity * dt_s
        self.spread = np.stack(
            [
                pp + 2 * dt_s * pv + dt_s**2 * vv + noise * dt_s**3 / 3,
                pv + dt_s * vv + noise * dt_s**2 / 2,
                vv + noise * dt_s,
            ],
            axis=1,
        )

    def correct(self, rows: NDArray[np.int64], boxes: Floats) -> None:
        """Take in what was seen: boxes `xyxy` of shape (k, 4) for k different rows."""
        at, size = anchors(boxes)
        pp, pv, vv = self.spread[rows].T
        noise = JITTER**2 * self.size[rows, 0] * self.size[rows, 1]
        gain_at, gain_velocity = pp / (pp + noise), pv / (pp + noise)
        surprise = at - self.at[rows]
        self.at[rows] += gain_at[:, None] * surprise
        self.velocity[rows] += gain_velocity[:, None] * surprise
        self.spread[rows] = np.stack(
            [pp * (1 - gain_at), pv * (1 - gain_at), vv - gain_velocity * pv], axis=1
        )
        self.size[rows] += SIZE_GAIN * (size - self.size[rows])

    def add(self, boxes: Floats) -> None:
        """Objects seen for the first time, at unknown speed."""
        at, size = anchors(boxes)
        area = size[:, 0] * size[:, 1]
        spread = np.stack([JITTER**2 * area, np.zeros(len(boxes)), FIRST_SPEED**2 * area], axis=1)
        self.at = np.concatenate([self.at, at])
        self.velocity = np.concatenate([self.velocity, np.zeros_like(at)])
        self.size = np.concatenate([self.size, size])
        self.spread = np.concatenate([self.spread, spread])

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Forget every other object."""
        self.at, self.velocity = self.at[which], self.velocity[which]
        self.size, self.spread = self.size[which], self.spread[which]

    def boxes(self) -> Floats:
        """Boxes `xyxy` where the objects are expected, shape (n, 4)."""
        half = self.size[:, 0] / 2
        x, y = self.at.T
        return np.stack([x - half, y - self.size[:, 1], x + half, y], axis=1)


def anchors(boxes: Floats) -> tuple[Floats, Floats]:
    """Bottom-centres (k, 2) and sizes (k, 2) of boxes `xyxy`."""
    size = boxes[:, 2:] - boxes[:, :2]
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1), size
