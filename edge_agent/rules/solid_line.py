"""Vehicles that cross a line that must not be crossed and stay beyond it; to be confirmed by a person.

candidate (met the line in a forbidden direction) → confirmed (0.5 s later, 0.3 m beyond, never back
meanwhile) → ended; the next cycle begins with the next crossing. Who only rides on the line, or avoids
something and comes back at once, is not reported. State exists for live tracks only.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.beyond import Beyond
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import BACKWARD, FORWARD, crossing
from edge_agent.scene.scene import Line
from edge_agent.scene.signal_specs import SolidLine

NEAR_SHARE: Final = 0.5
"""Before a crossing an object must have been at least this share of `beyond_m` on the near side."""
_NAMES: Final = {FORWARD: "forward", BACKWARD: "backward"}


@dataclass(slots=True)
class _Ride:
    """One object's latest sight, the sides on which it has surely been, and its open crossing."""

    track: Track
    was_on: int = 0
    direction: int = 0
    met_s: float = 0.0
    met: Track | None = None


class SolidLineRule(Rule):
    """Raises `solid_line_crossed`, with its direction."""

    def __init__(self, spec: SolidLine, line: Line, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._line = line
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._beyond = {way: Beyond(line, way) for way in (FORWARD, BACKWARD)}
        self._rides: dict[int, _Ride] = {}

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Crossings that this frame confirms."""
        for gone in [tracker_id for tracker_id in self._rides if tracker_id not in moment.ids]:
            del self._rides[gone]
        events = []
        for track in moment.seen:
            if track.class_name not in self._classes:
                continue
            ride = self._rides.get(track.tracker_id)
            if ride is None:
                ride = self._rides[track.tracker_id] = _Ride(track)
            else:
                self._meet(ride, track)
            if (event := self._confirmed(ride, moment)) is not None:
                events.append(event)
        return events

    def pause(self) -> None:
        """Forget open crossings."""
        self._rides.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _meet(self, ride: _Ride, track: Track) -> None:
        before, ride.track = ride.track, track
        step = crossing(self._line.start, self._line.end, before.anchor, track.anchor)
        if step is None:
            return
        if ride.direction and step.direction != ride.direction:
            ride.direction = 0  # back again
        elif not ride.direction and ride.was_on == -step.direction and self._is_forbidden(step.direction):
            ride.direction, ride.met = step.direction, track
            ride.met_s = before.seen_s + step.share * (track.seen_s - before.seen_s)

    def _confirmed(self, ride: _Ride, moment: Moment) -> SceneEvent | None:
        """The event once it has stayed; also notes the side on which the object surely is."""
        track, spec = ride.track, self._spec
        for way, beyond in self._beyond.items():
            if beyond.is_past(track, NEAR_SHARE * spec.beyond_m, moment.ground, moment.sight.aspect):
                if ride.direction == -way:
                    ride.direction = 0  # back round the end of the line
                if not ride.direction:
                    ride.was_on = way
        if not ride.direction or ride.met is None or track.seen_s - ride.met_s < spec.stay_s - 1e-9:
            return None
        beyond = self._beyond[ride.direction]
        is_far = beyond.is_past(track, spec.beyond_m, moment.ground, moment.sight.aspect)
        if not is_far or not beyond.is_clear(track) or not is_mature(track):
            return None
        event = self._event(ride, ride.met, ride.direction)
        ride.was_on, ride.direction, ride.met = ride.direction, 0, None
        return event

    def _is_forbidden(self, direction: int) -> bool:
        return self._spec.forbidden in {"both", _NAMES[direction]}

    def _event(self, ride: _Ride, met: Track, direction: int) -> SceneEvent:
        return track_event(
            "solid_line_crossed",
            met,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._line.id,
            at_s=ride.met_s,
            duration_s=ride.track.seen_s - ride.met_s,
            direction=_NAMES[direction],
        )
