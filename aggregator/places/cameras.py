"""Where a camera stands and what it sees of the map. Pure.

The field of view is a sector on the ground; the earth is taken as flat over its few hundred metres.
"""

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Final

METRES_A_DEGREE: Final = 111_320.0
FULL_CIRCLE: Final = 360.0
_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """One camera on the map.

    Attributes:
        node: its node.
        camera: its id within the node.
        site: where it stands; empty when nobody has said.
        area: of the site; empty when not known.
        name: for people.
        lat: degrees north, WGS 84; None when it was not placed.
        lon: degrees east.
        heading_deg: where it looks, clockwise from north.
        fov_deg: width of its view, 360 for all around.
        range_m: how far it sees.
    """

    node: str
    camera: str
    site: str = ""
    area: str = ""
    name: str = ""
    lat: float | None = None
    lon: float | None = None
    heading_deg: float = 0.0
    fov_deg: float = 60.0
    range_m: float = 50.0

    def sees(self, lat: float, lon: float, slack_m: float = 0.0) -> bool:
        """Whether a point of the map is within its view, `slack_m` beyond its range included."""
        if self.lat is None or self.lon is None:
            return False
        north_m = (lat - self.lat) * METRES_A_DEGREE
        east_m = (lon - self.lon) * METRES_A_DEGREE * cos(radians(self.lat))
        distance_m = hypot(north_m, east_m)
        if distance_m > self.range_m + slack_m:
            return False
        if self.fov_deg >= FULL_CIRCLE or distance_m <= slack_m:
            return True
        off = (degrees(atan2(east_m, north_m)) - self.heading_deg + 180) % FULL_CIRCLE - 180
        return abs(off) <= self.fov_deg / 2

    def outline(self) -> tuple[tuple[float, float], ...]:
        """The view as a polygon of (lat, lon); empty when it was not placed."""
        if self.lat is None or self.lon is None:
            return ()
        whole = self.fov_deg >= FULL_CIRCLE
        corners = [] if whole else [(self.lat, self.lon)]
        for step in range(_STEPS + 1):
            bearing = radians(self.heading_deg - self.fov_deg / 2 + self.fov_deg * step / _STEPS)
            north = self.range_m * cos(bearing) / METRES_A_DEGREE
            east = self.range_m * sin(bearing) / (METRES_A_DEGREE * cos(radians(self.lat)))
            corners.append((self.lat + north, self.lon + east))
        return tuple(corners)
