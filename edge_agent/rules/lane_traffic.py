"""The vehicles in a lane, how fast each goes, and since when it stands: for every rule about a lane. Pure.

State is kept for live tracks only. A vehicle that the detector misses for a moment keeps its latest pace.
"""

from typing import Final

import msgspec

from edge_agent.perception.tracks import Track
from edge_agent.rules.moment import Moment
from edge_agent.rules.speed import PACE_S, pace_kmh
from edge_agent.scene.geometry import inside
from edge_agent.scene.scene import Lane

STANDS_KMH: Final = 5.0
QUEUE_LONGEST_S: Final = 300.0
"""Whoever stands for longer does not wait for those in front: it is parked or has broken down."""
FLOWS_KMH: Final = 15.0
FLOWED_S: Final = 10.0
LEAST_QUEUE: Final = 3


class Driver(msgspec.Struct, frozen=True, gc=False):
    """One vehicle in a lane.

    Attributes:
        track: its track, seen within the last second.
        kmh: its latest pace; None while it is too young for one.
        stands_since_s: since when it stands; None while it moves, or nobody knows.
    """

    track: Track
    kmh: float | None
    stands_since_s: float | None


class LaneTraffic:
    """Follows one lane.

    Args:
        lane: the lane.
        classes: labels that are vehicles.
    """

    def __init__(self, lane: Lane, classes: tuple[str, ...]) -> None:
        self._polygon = lane.polygon
        self._classes = frozenset(classes)
        self._known: dict[int, tuple[float | None, float | None]] = {}
        self._flowed_s: float | None = None

    def step(self, moment: Moment) -> tuple[Driver, ...]:
        """The vehicles in the lane after this frame; `is_queueing` judges the same frame."""
        drivers = []
        for track in moment.present:
            if track.class_name in self._classes and inside(self._polygon, track.anchor):
                kmh, since_s = self._pace(track, moment)
                drivers.append(Driver(track, kmh, since_s))
        self._known = {each.track.tracker_id: (each.kmh, each.stands_since_s) for each in drivers}
        if any(each.kmh is not None and each.kmh > FLOWS_KMH for each in drivers):
            self._flowed_s = moment.at_s
        return tuple(drivers)

    def is_queueing(self, drivers: tuple[Driver, ...], at_s: float) -> bool:
        """Whether vehicles wait in line: several stand, none for ever, and nobody drives past them."""
        waiting = [
            each
            for each in drivers
            if each.stands_since_s is not None and at_s - each.stands_since_s <= QUEUE_LONGEST_S
        ]
        flows = self._flowed_s is not None and at_s - self._flowed_s <= FLOWED_S
        return len(waiting) >= LEAST_QUEUE and not flows

    def forget(self) -> None:
        """Begin anew, as after a pause."""
        self._known.clear()
        self._flowed_s = None

    def _pace(self, track: Track, moment: Moment) -> tuple[float | None, float | None]:
        known_kmh, since_s = self._known.get(track.tracker_id, (None, None))
        path = moment.paths.of(track.tracker_id)
        kmh = pace_kmh(path.since(moment.at_s - PACE_S), track.class_name)
        if kmh is None:
            return known_kmh, since_s
        if kmh >= STANDS_KMH:
            return kmh, None
        return kmh, moment.at_s if since_s is None else since_s
