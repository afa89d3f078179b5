"""The speed of each vehicle that passes through a lane: one figure a passage. Pure.

A passage begins with the first sight in the lane and ends when the vehicle is seen outside, or its track
ends. Its speed is measured again every `EVERY_S` over the last `WINDOW_S`, and the latest is the passage's.
Who never went `LEAST_M` in that time has none: vehicles that stand are not slow ones. State is kept for
live tracks only.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.moment import Moment, is_mature
from edge_agent.rules.speed import Speed, speed_of
from edge_agent.scene.geometry import inside
from edge_agent.scene.scene import Lane

WINDOW_S: Final = 4.0
EVERY_S: Final = 0.2


@dataclass(slots=True)
class Passage:
    """One vehicle's way through the lane.

    Attributes:
        track: as it was last seen in the lane.
        began_s: when it was first seen there.
        measured_s: when its speed was last measured, or tried to be.
        speed: its speed so far.
        above: how often in a row the speed was above a rule's limit.
        told: whether a rule has told of it.
    """

    track: Track
    began_s: float
    measured_s: float
    speed: Speed | None = None
    above: int = 0
    told: bool = False


class LaneSpeeds:
    """Follows one lane.

    Args:
        lane: the lane.
        classes: labels that are vehicles.
    """

    def __init__(self, lane: Lane, classes: tuple[str, ...]) -> None:
        self._lane = lane
        self._classes = frozenset(classes)
        self._passages: dict[int, Passage] = {}
        self._aspect = 1.0
        self.gauges: tuple[Gauge, ...] = ()

    def step(self, moment: Moment) -> list[Passage]:
        """Passages whose speed this frame measured; `gauges` has those that ended with it."""
        gone = [each for each in self._passages if each not in moment.ids]
        ended = [self._passages.pop(each) for each in gone]
        measured = []
        for track in moment.seen:
            if track.class_name not in self._classes:
                continue
            if not inside(self._lane.polygon, track.anchor):
                if left := self._passages.pop(track.tracker_id, None):
                    ended.append(left)
                continue
            passage = self._passages.get(track.tracker_id)
            if passage is None:
                self._passages[track.tracker_id] = Passage(track, moment.at_s, moment.at_s)
            elif self._measure(passage, track, moment):
                measured.append(passage)
        self._aspect = moment.sight.aspect
        self.gauges = self._figures(ended)
        return measured

    def finish(self) -> tuple[Gauge, ...]:
        """The speeds of passages that are still open."""
        ended, self._passages = list(self._passages.values()), {}
        return self._figures(ended)

    def forget(self) -> None:
        """Begin anew, as after a pause."""
        self._passages.clear()
        self.gauges = ()

    def _measure(self, passage: Passage, track: Track, moment: Moment) -> bool:
        passage.track = track
        if moment.at_s - passage.measured_s < EVERY_S - 1e-9 or not is_mature(track):
            return False
        passage.measured_s = moment.at_s
        since_s = max(passage.began_s, moment.at_s - WINDOW_S)
        speed = speed_of(moment.paths.of(track.tracker_id).since(since_s))
        passage.speed = speed or passage.speed
        return speed is not None

    def _figures(self, ended: list[Passage]) -> tuple[Gauge, ...]:
        return tuple(
            Gauge(
                "speed",
                self._lane.id,
                each.track.class_name,
                direction_of(each.speed, self._lane, self._aspect),
                each.speed.kmh,
                How.SAMPLE_MEAN,
            )
            for each in ended
            if each.speed is not None
        )


def direction_of(speed: Speed, lane: Lane, aspect: float) -> str:
    """`forward` with the lane's traffic, else `backward`."""
    dx, dy = speed.last.x - speed.first.x, speed.last.y - speed.first.y
    along = dx * lane.direction[0] * aspect + dy * lane.direction[1]
    return "forward" if along >= 0 else "backward"
