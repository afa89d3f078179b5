"""Who was where in the last seconds: finds who may have put a thing down. Pure.

Bounded: nothing older than `KEEP_S`, at most `MOST_SIGHTS`. Distances in the picture are in the person's or
vehicle's own box lengths (square root of the box's area), which is about a metre for a person.
"""

from collections import deque
from math import hypot, sqrt
from typing import Final

import msgspec

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import Xyxy
from edge_agent.rules.moment import Moment, is_mature

KEEP_S: Final = 15.0
MOST_SIGHTS: Final = 3000
EVERY_S: Final = 0.15
TOUCHING: Final = 0.15
"""Box lengths between a thing and the box of who touches it."""
REACH: Final = 0.75
"""Box lengths at which a thing may still have been thrown or dropped."""


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """One carrier at one time."""

    at_s: float
    tracker_id: int
    xyxy: Xyxy


class Carriers:
    """The latest sightings of everybody who could carry something."""

    def __init__(self, classes: frozenset[str]) -> None:
        self._classes = classes
        self._sights: deque[Sighting] = deque(maxlen=MOST_SIGHTS)
        self._mature: dict[int, float] = {}
        """Tracks old enough to be believed, and when they were last seen."""
        self._sampled_s = float("-inf")

    def observe(self, moment: Moment) -> None:
        """Take in a frame."""
        now = moment.at_s
        ours = [track for track in moment.seen if track.class_name in self._classes]
        self._mature.update((track.tracker_id, now) for track in ours if is_mature(track))
        if now - self._sampled_s < EVERY_S - 1e-9:
            return
        self._sampled_s = now
        self._sights.extend(Sighting(now, track.tracker_id, track.xyxy) for track in ours)
        while self._sights and now - self._sights[0].at_s > KEEP_S:
            self._sights.popleft()
        self._mature = {each: at_s for each, at_s in self._mature.items() if now - at_s <= KEEP_S}

    def near(self, thing: Xyxy, from_s: float, to_s: float, aspect: float) -> dict[int, float]:
        """Who may have put a thing down between two times: largest box area by track.

        All who touched it; when nobody did, the one who came closest within reach.
        """
        gaps: dict[int, float] = {}
        areas: dict[int, float] = {}
        for sight in self._sights:
            tracker_id = sight.tracker_id
            if not from_s <= sight.at_s <= to_s or tracker_id not in self._mature:
                continue
            gap = gap_lengths(thing, sight.xyxy, aspect)
            gaps[tracker_id] = min(gap, gaps.get(tracker_id, gap))
            areas[tracker_id] = max(area(sight.xyxy), areas.get(tracker_id, 0.0))
        touching = [tracker_id for tracker_id, gap in gaps.items() if gap <= TOUCHING]
        if not touching and gaps:
            closest = min(gaps, key=lambda tracker_id: gaps[tracker_id])
            touching = [closest] if gaps[closest] <= REACH else []
        return {tracker_id: areas[tracker_id] for tracker_id in touching}

    def clear(self) -> None:
        """Forget everybody."""
        self._sights.clear()
        self._mature.clear()
        self._sampled_s = float("-inf")

    def is_ours(self, track: Track) -> bool:
        """Whether a track could carry something."""
        return track.class_name in self._classes


def gap_lengths(thing: Xyxy, box: Xyxy, aspect: float) -> float:
    """From the nearest point of a thing to a box, in lengths of that box; 0 where they overlap."""
    dx = max(box[0] - thing[2], thing[0] - box[2], 0.0) * aspect
    dy = max(box[1] - thing[3], thing[1] - box[3], 0.0)
    length = length_of(box, aspect)
    return hypot(dx, dy) / length if length > 0 else float("inf")


def length_of(box: Xyxy, aspect: float) -> float:
    """Square root of a box's area, in frame heights."""
    return sqrt(area(box) * aspect)


def area(box: Xyxy) -> float:
    """Share of the picture."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
