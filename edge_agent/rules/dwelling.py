"""Objects that stay in a zone long enough: what intrusion and loitering have in common.

candidate (inside, too short) → confirmed (one event) → ended (away for longer than the gap); a new stay
is a new cycle. State exists only for tracks in the zone or gone from it a moment ago, so it is bounded.
"""

from dataclasses import dataclass

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.stay import Stay
from edge_agent.scene.geometry import inside
from edge_agent.scene.scene import Zone


@dataclass(frozen=True, slots=True)
class DwellTerms:
    """What makes a stay worth an event.

    Attributes:
        kind: the event's kind.
        dwell_s: seconds inside that confirm it.
        gap_s: an absence that is longer ends the stay.
        cumulative: whether seconds add up over absences; otherwise stepping out starts anew.
    """

    kind: str
    dwell_s: float
    gap_s: float
    cumulative: bool


class DwellingRule(Rule):
    """Raises one event for each stay that is long enough."""

    def __init__(self, rule_id: str, terms: DwellTerms, zone: Zone, origin: Origin) -> None:
        self.rule_id = rule_id
        self._terms = terms
        self._zone = zone
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._stays: dict[int, Stay] = {}

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Stays that this frame confirms."""
        at_s, terms = moment.at_s, self._terms
        self._forget(moment)
        events = []
        for track in moment.seen:
            is_inside = track.class_name in self._classes and inside(self._zone.polygon, track.anchor)
            stay = self._stays.get(track.tracker_id)
            if stay is None:
                if is_inside:
                    self._stays[track.tracker_id] = Stay.begun(at_s)
                continue
            stay.observe(at_s, inside=is_inside)
            if not is_inside and not terms.cumulative and not stay.reported:
                del self._stays[track.tracker_id]
            elif (
                is_inside and not stay.reported and stay.dwell_s >= terms.dwell_s - 1e-9 and is_mature(track)
            ):
                stay.reported = True
                events.append(self._event(track, stay))
        return events

    def pause(self) -> None:
        """Forget every stay."""
        self._stays.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _forget(self, moment: Moment) -> None:
        over = [
            tracker_id
            for tracker_id, stay in self._stays.items()
            if tracker_id not in moment.ids or stay.is_over(moment.at_s, self._terms.gap_s)
        ]
        for tracker_id in over:
            del self._stays[tracker_id]

    def _event(self, track: Track, stay: Stay) -> SceneEvent:
        return SceneEvent(
            kind=self._terms.kind,
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line=self._zone.id,
            class_name=track.class_name,
            track_id=track.tracker_id,
            score=track.score,
            direction="",
            duration_s=stay.dwell_s,
            xyxy=track.xyxy,
            value=None,
            at_s=track.seen_s,
            model=self._origin.model,
        )
