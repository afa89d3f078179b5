"""How much of a lane is taken up by vehicles, as a share 0-1. Pure.

On surveyed ground: the road that each vehicle takes up (its usual length times the width that nobody else
can drive in), added up, over the lane's area in metres. Where the ground is not surveyed: the share of the
lane's area in the picture that lies in the lower part of a vehicle's box; that counts what is near the
camera for more, and what tall vehicles hide as covered. A queue of cars, or of motorbikes side by side,
covers about 0.65 either way.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.tracks import Track
from edge_agent.rules.vehicle_sizes import size_of
from edge_agent.scene.geometry import inside, signed_area
from edge_agent.scene.homography import Ground
from edge_agent.scene.scene import Lane

FOOT: Final = 0.6
"""The lower part of a box, which stands on the road; the rest is in front of what is behind."""
ROOM: Final = 0.3
"""Of its width, on each side: nobody drives there."""
_GRID: Final = 40


class LaneCover:
    """Measures one lane.

    Args:
        lane: the lane.
        ground: the ground; None where it was not surveyed.
    """

    def __init__(self, lane: Lane, ground: Ground | None) -> None:
        self._area_m2 = _area_m2(lane, ground)
        self._points = _points_in(lane)

    def share(self, tracks: Iterable[Track]) -> float:
        """Share that these vehicles, whose anchors are in the lane, cover."""
        if self._area_m2 is not None:
            sizes = [size_of(track.class_name) for track in tracks]
            return min(sum(size.length * size.width for size in sizes) / self._area_m2, 1.0)
        x, y = self._points
        covered = np.zeros(len(x), np.bool_)
        for track in tracks:
            x1, y1, x2, y2 = track.xyxy
            room = ROOM * (x2 - x1)
            covered |= (x >= x1 - room) & (x <= x2 + room) & (y >= y2 - FOOT * (y2 - y1)) & (y <= y2)
        return float(covered.mean()) if len(x) else 0.0


def _area_m2(lane: Lane, ground: Ground | None) -> float | None:
    """The lane's area in metres; None without ground, or where a corner is beyond the horizon."""
    if ground is None:
        return None
    corners = [place for corner in lane.polygon if (place := ground.to_metres(corner)) is not None]
    return abs(signed_area(tuple(corners))) if len(corners) == len(lane.polygon) else None


def _points_in(lane: Lane) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points spread evenly over the lane in the picture."""
    xs, ys = [x for x, _ in lane.polygon], [y for _, y in lane.polygon]
    steps = [(i + 0.5) / _GRID for i in range(_GRID)]
    points = [
        (x, y)
        for x in (min(xs) + share * (max(xs) - min(xs)) for share in steps)
        for y in (min(ys) + share * (max(ys) - min(ys)) for share in steps)
        if inside(lane.polygon, (x, y))
    ]
    return np.array([x for x, _ in points]), np.array([y for _, y in points])
