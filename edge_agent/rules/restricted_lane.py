"""Vehicles in a lane that is closed to their class; to be confirmed by a person.

candidate (inside, clear of the edge) → confirmed (2 s) → ended (clear of the edge outside for a while). On
the edge itself an object stays what it was, so that trembling neither begins nor ends a stay. State exists
only for tracks that are inside or were a moment ago.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import edge_distance, inside
from edge_agent.scene.scene import Zone
from edge_agent.scene.signal_specs import RestrictedLane

EDGE: Final = 0.06
"""Share of the box's height on each side of the edge that belongs to the edge: twice the usual trembling."""
UNSEEN_S: Final = 1.0
"""Between two sights that are further apart nobody knows: that time does not count."""
ENDED_S: Final = 3.0


@dataclass(slots=True)
class _Stay:
    """One object in the lane.

    Attributes:
        inside_s: seconds inside so far.
        seen_s: its latest sight inside or on the edge.
        reported: whether its event has been raised.
    """

    inside_s: float
    seen_s: float
    reported: bool = False


class RestrictedLaneRule(Rule):
    """Raises `lane_misused`; its duration is how long the object had been inside."""

    def __init__(self, spec: RestrictedLane, zone: Zone, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._zone = zone
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._stays: dict[int, _Stay] = {}

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Stays that this frame confirms."""
        over = [
            tracker_id
            for tracker_id, stay in self._stays.items()
            if tracker_id not in moment.ids or moment.at_s - stay.seen_s > ENDED_S
        ]
        for tracker_id in over:
            del self._stays[tracker_id]
        return [
            event
            for track in moment.seen
            if track.class_name in self._classes and (event := self._advanced(track, moment)) is not None
        ]

    def pause(self) -> None:
        """Forget every stay."""
        self._stays.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _advanced(self, track: Track, moment: Moment) -> SceneEvent | None:
        stay = self._stays.get(track.tracker_id)
        is_inside = inside(self._zone.polygon, track.anchor)
        edge = EDGE * (track.xyxy[3] - track.xyxy[1])
        on_edge = edge_distance(self._zone.polygon, track.anchor, moment.sight.aspect) < edge
        if not is_inside and not on_edge:
            if stay is not None and not stay.reported:
                del self._stays[track.tracker_id]
            return None
        if stay is None:
            if not on_edge:
                self._stays[track.tracker_id] = _Stay(0.0, track.seen_s)
            return None
        since_s = track.seen_s - stay.seen_s
        stay.inside_s += since_s if since_s <= UNSEEN_S else 0.0
        stay.seen_s = track.seen_s
        if stay.reported or stay.inside_s < self._spec.inside_s - 1e-9 or not is_mature(track):
            return None
        stay.reported = True
        return self._event(track, stay.inside_s)

    def _event(self, track: Track, inside_s: float) -> SceneEvent:
        return track_event(
            "lane_misused",
            track,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._zone.id,
            at_s=track.seen_s,
            duration_s=inside_s,
        )
