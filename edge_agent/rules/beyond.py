"""How far an object is past a line: the side, metres, its own lengths, clear of it or not. Pure."""

from math import hypot
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.pace import DEPTH, LENGTHS_PER_M
from edge_agent.scene.geometry import BACKWARD, FORWARD, side
from edge_agent.scene.homography import Ground
from edge_agent.scene.scene import Lane, Line

CLEAR: Final = 0.1
"""Share of the object's own extent across the line by which its anchor must leave the line to be clear of it.

Three times the trembling of a good detector's boxes (3 % of their height), and still under a metre for a car
at twenty metres from a pole of six.
"""


class Beyond:
    """Distances from one line.

    Args:
        line: the line.
        way: which side counts as beyond: `FORWARD` the positive one, `BACKWARD` the negative one.
    """

    def __init__(self, line: Line, way: int) -> None:
        self._start, self._end = line.start, line.end
        self._way = way
        dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
        self._length = hypot(dx, dy)
        self._across = (abs(dy) / self._length, abs(dx) / self._length)

    def share(self, track: Track) -> float:
        """Distance as a share of the object's extent across the line; negative before the line."""
        x1, y1, x2, y2 = track.xyxy
        extent = self._across[0] * (x2 - x1) + self._across[1] * (y2 - y1)
        distance = self._way * side(self._start, self._end, track.anchor) / self._length
        return distance / extent if extent > 0 else 0.0

    def is_clear(self, track: Track) -> bool:
        """Whether it has left the line behind for sure."""
        return self.share(track) >= CLEAR

    def is_before(self, track: Track) -> bool:
        """Whether it has not come to the line yet for sure."""
        return self.share(track) <= -CLEAR

    def is_past(self, track: Track, metres: float, ground: Ground | None, aspect: float) -> bool:
        """Whether it is at least so many metres beyond; without a ground, what stands for them in lengths."""
        if self._way * side(self._start, self._end, track.anchor) <= 0:
            return False
        distance_m = None if ground is None else self._metres(track, ground)
        if distance_m is not None:
            return distance_m >= metres - 1e-9
        return self._lengths(track, aspect) >= metres * self._stands_for_m(aspect) - 1e-9

    def _metres(self, track: Track, ground: Ground) -> float | None:
        start, end = ground.to_metres(self._start), ground.to_metres(self._end)
        place = ground.to_metres(track.anchor)
        if start is None or end is None or place is None:
            return None
        length = hypot(end[0] - start[0], end[1] - start[1])
        return abs(side(start, end, place)) / length if length > 0 else None

    def _stands_for_m(self, aspect: float) -> float:
        """Lengths across the line that stand for a metre: fewer when across is up and down the picture."""
        dx, dy = (self._end[0] - self._start[0]) * aspect, self._end[1] - self._start[1]
        return LENGTHS_PER_M * hypot(dx * DEPTH, dy) / hypot(dx, dy)

    def _lengths(self, track: Track, aspect: float) -> float:
        x1, y1, x2, y2 = track.xyxy
        size = ((x2 - x1) * aspect * (y2 - y1)) ** 0.5
        start, end = (self._start[0] * aspect, self._start[1]), (self._end[0] * aspect, self._end[1])
        place = (track.anchor[0] * aspect, track.anchor[1])
        length = hypot(end[0] - start[0], end[1] - start[1])
        return abs(side(start, end, place)) / (length * size) if size > 0 else 0.0


def way_over(line: Line, lane: Lane) -> int:
    """Which way over the line the traffic of a lane goes."""
    ahead = (line.start[0] + lane.direction[0], line.start[1] + lane.direction[1])
    return FORWARD if side(line.start, line.end, ahead) > 0 else BACKWARD
