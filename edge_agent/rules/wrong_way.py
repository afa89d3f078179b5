"""Vehicles that drive against the direction of a lane; to be confirmed by a person.

candidate (heads more than 135° from the lane's direction) → confirmed (1.5 s and 5 m, or two of its own
lengths where the ground is not known) → ended (heads another way, stands, or has left the lane for a while).
Headings come from a line fitted through the last steps, on the ground where it is known; an object that
hardly moves has none. State exists only for tracks that head the wrong way or did a moment ago.
"""

from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.pace import Pace, pace
from edge_agent.rules.paths import Step, moved_lengths
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import Point, inside
from edge_agent.scene.homography import Ground
from edge_agent.scene.scene import Lane
from edge_agent.scene.signal_specs import WrongWay

HEADING_S: Final = 0.8
LEAST_HEADING_S: Final = 0.35
STANDS_KMH: Final = 2.5
"""Slower than this nothing has a heading: boxes tremble."""
FORGIVEN_S: Final = 0.7
"""A heading that is not wrong, for no longer than this, is noise."""
UNSEEN_S: Final = 2.5
"""Between two wrong headings that are further apart, nobody knows how it drove."""
STARTED: Final = 0.1
"""Share of the way after which an object that stood before is surely moving."""
ENDED_S: Final = 3.0
"""Who has not headed the wrong way for so long begins a new cycle."""
_PROBE: Final = 0.01
"""Length of the lane's direction, in picture heights, as it is carried over to the ground."""


@dataclass(slots=True)
class _Drive:
    """An object that heads the wrong way: the first step of it, and when that was last seen."""

    first: Step
    wrong_s: float
    reported: bool = False


class WrongWayRule(Rule):
    """Raises `wrong_way`; its duration is how long the object had driven so."""

    def __init__(self, spec: WrongWay, lane: Lane, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._lane = lane
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._least_cosine = cos(radians(spec.angle))
        self._drives: dict[int, _Drive] = {}

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Drives that this frame confirms."""
        for gone in [tracker_id for tracker_id in self._drives if tracker_id not in moment.ids]:
            del self._drives[gone]
        return [
            event
            for track in moment.seen
            if track.class_name in self._classes and (event := self._advanced(track, moment)) is not None
        ]

    def pause(self) -> None:
        """Forget every drive."""
        self._drives.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _advanced(self, track: Track, moment: Moment) -> SceneEvent | None:
        at_s, drive = track.seen_s, self._drives.get(track.tracker_id)
        steps = moment.paths.of(track.tracker_id).since(at_s - HEADING_S)
        now = pace(steps, LEAST_HEADING_S)
        if now is None:
            return None
        if not inside(self._lane.polygon, track.anchor) or not self._is_wrong(now, track, moment):
            self._rest(track.tracker_id, at_s)
            return None
        if drive is None:
            first = next((step for step in steps if self._holds(step, moment)), steps[-1])
            self._drives[track.tracker_id] = _Drive(first, at_s)
            return None
        if not drive.reported and at_s - drive.wrong_s > UNSEEN_S:
            drive.first = steps[0]  # nobody saw how it drove meanwhile
        drive.wrong_s = at_s
        if drive.reported or not is_mature(track):
            return None
        way = moment.paths.of(track.tracker_id).since(drive.first.at_s)
        drove_s = _drove_s(way)
        if drove_s < self._spec.min_s - 1e-9 or not self._is_enough(way, track, moment):
            return None
        drive.reported = True
        return self._event(track, drove_s)

    def _holds(self, step: Step, moment: Moment) -> bool:
        return inside(self._lane.polygon, (step.x / moment.sight.aspect, step.y))

    def _rest(self, tracker_id: int, at_s: float) -> None:
        """Not wrong now: forgiven for a moment, then the drive is over."""
        drive = self._drives.get(tracker_id)
        if drive is not None and at_s - drive.wrong_s > (ENDED_S if drive.reported else FORGIVEN_S):
            del self._drives[tracker_id]

    def _is_wrong(self, now: Pace, track: Track, moment: Moment) -> bool:
        on_ground = None if now.east_ms is None or now.north_ms is None else (now.east_ms, now.north_ms)
        return not now.is_below(STANDS_KMH) and self._is_against(on_ground, (now.x, now.y), track, moment)

    def _is_enough(self, way: tuple[Step, ...], track: Track, moment: Moment) -> bool:
        """Whether it has gone far enough, all in all against the lane."""
        first, last = way[0], way[-1]
        shift_m = _shift_m(first, last)
        if shift_m is not None:
            is_far = hypot(*shift_m) >= self._spec.min_m
        else:
            is_far = moved_lengths((first, last)) >= self._spec.min_lengths
        return is_far and self._is_against(shift_m, (last.x - first.x, last.y - first.y), track, moment)

    def _is_against(self, on_ground: Point | None, in_picture: Point, track: Track, moment: Moment) -> bool:
        """Whether a movement, known in one or both ways, runs against the lane."""
        if on_ground is not None and moment.ground is not None:
            lane = self._lane_on_ground(track.anchor, moment.ground)
            if lane is not None:
                return _cosine(on_ground, lane) < self._least_cosine
        return _cosine(in_picture, self._lane_in_picture(moment)) < self._least_cosine

    def _lane_in_picture(self, moment: Moment) -> Point:
        return (self._lane.direction[0] * moment.sight.aspect, self._lane.direction[1])

    def _lane_on_ground(self, place: Point, ground: Ground) -> Point | None:
        """The lane's direction at a place, on the ground."""
        dx, dy = self._lane.direction
        scale = _PROBE / hypot(dx, dy)
        here = ground.to_metres(place)
        there = ground.to_metres((place[0] + dx * scale, place[1] + dy * scale))
        return None if here is None or there is None else (there[0] - here[0], there[1] - here[1])

    def _event(self, track: Track, drove_s: float) -> SceneEvent:
        return track_event(
            "wrong_way",
            track,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._lane.id,
            at_s=track.seen_s,
            duration_s=drove_s,
        )


def _cosine(one: Point, other: Point) -> float:
    """Of the angle between two vectors; 1 when one of them is none, which is never wrong."""
    lengths = hypot(*one) * hypot(*other)
    return (one[0] * other[0] + one[1] * other[1]) / lengths if lengths > 0 else 1.0


def _drove_s(steps: tuple[Step, ...]) -> float:
    """How long it took, a stand before it left out: judged from a tenth of the way on."""
    first, last = steps[0], steps[-1]
    dx, dy = last.x - first.x, last.y - first.y
    far = STARTED * (dx * dx + dy * dy)
    begun = next(step for step in steps if (step.x - first.x) * dx + (step.y - first.y) * dy >= far)
    return (last.at_s - begun.at_s) / (1 - STARTED)


def _shift_m(first: Step, last: Step) -> Point | None:
    """Metres east and north from one step to another; None where the ground is not known."""
    if first.east_m is None or first.north_m is None or last.east_m is None or last.north_m is None:
        return None
    return (last.east_m - first.east_m, last.north_m - first.north_m)
