"""Who comes to a stop line from its lane, meets it, and goes beyond: for red light and stop line. Pure.

A passage is opened by a step over the segment in the lane's direction and undone by a step back, or by being
before the line again. State exists for live tracks only.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.beyond import Beyond, way_over
from edge_agent.rules.moment import Moment
from edge_agent.scene.geometry import Point, Polygon, crossing, inside
from edge_agent.scene.scene import Lane, Line

IN_LANE_S: Final = 3.0
"""Who was in the lane so recently comes from it: a lane need not be drawn to the very line."""


@dataclass(slots=True)
class Passage:
    """A step over the line.

    Attributes:
        before_s: when the object was last seen before it.
        met_s: when it met the line, as far as can be told.
        after_s: when it was next seen.
        upstream_s: when it was last seen clear of the line on the near side.
        track: the object as it was seen next.
        clear_s: when it was first seen clear of the line on the far side.
        turned: it has been seen in a lane that may turn.
        entered: it has been seen in the junction.
    """

    before_s: float
    met_s: float
    after_s: float
    upstream_s: float
    track: Track
    clear_s: float | None = None
    turned: bool = False
    entered: bool = False


@dataclass(slots=True)
class Approach:
    """One object near the line.

    Attributes:
        track: its latest sight.
        upstream_s: when it was last seen clear of the line on the near side; None before it ever was.
        lane_s: when it was last seen in the lane before the line.
        passage: its open passage.
        judged_red_s: onset of the red for which it has been reported.
    """

    track: Track
    upstream_s: float | None = None
    lane_s: float | None = None
    passage: Passage | None = None
    judged_red_s: float | None = None


class Approaches:
    """All objects of a rule's classes at one stop line.

    Args:
        line: the stop line.
        lane: where they come from, and which way.
        classes: labels that count.
        turns: areas that make a passage `turned`.
        junction: the area that makes it `entered`.
    """

    def __init__(
        self,
        line: Line,
        lane: Lane,
        classes: tuple[str, ...],
        *,
        turns: tuple[Polygon, ...] = (),
        junction: Polygon | None = None,
    ) -> None:
        self._line, self._lane = line, lane.polygon
        self._classes = frozenset(classes)
        self._turns, self._junction = turns, junction
        self._way = way_over(line, lane)
        self.beyond = Beyond(line, self._way)
        self._by_id: dict[int, Approach] = {}

    def __len__(self) -> int:
        """Objects under watch."""
        return len(self._by_id)

    def forget(self) -> None:
        """Forget all of them."""
        self._by_id.clear()

    def step(self, moment: Moment) -> list[Approach]:
        """Take in a frame; gives those seen in it that have an open passage and are clear of the line."""
        for gone in [tracker_id for tracker_id in self._by_id if tracker_id not in moment.ids]:
            del self._by_id[gone]
        return [
            approach
            for track in moment.seen
            if track.class_name in self._classes
            and (approach := self._advanced(track)).passage is not None
            and approach.passage.clear_s is not None
        ]

    def _advanced(self, track: Track) -> Approach:
        approach = self._by_id.get(track.tracker_id)
        if approach is None:
            approach = self._by_id[track.tracker_id] = Approach(track)
        else:
            self._meet(approach, approach.track, track)
            approach.track = track
        if self.beyond.is_before(track):
            approach.upstream_s, approach.passage = track.seen_s, None
        if self.beyond.share(track) <= 0 and inside(self._lane, track.anchor):
            approach.lane_s = track.seen_s
        passage = approach.passage
        if passage is not None:
            if passage.clear_s is None and self.beyond.is_clear(track):
                passage.clear_s = track.seen_s
            passage.turned = passage.turned or self._turns_at(track.anchor)
            passage.entered = passage.entered or (
                self._junction is not None and inside(self._junction, track.anchor)
            )
        return approach

    def _meet(self, approach: Approach, before: Track, after: Track) -> None:
        """Open or undo a passage by the step from one sight to the next."""
        step = crossing(self._line.start, self._line.end, before.anchor, after.anchor)
        if step is None:
            return
        if step.direction != self._way:
            approach.passage = None
            return
        if approach.upstream_s is None or approach.passage is not None:
            return
        place = _between(before.anchor, after.anchor, step.share)
        is_ours = inside(self._lane, place) or (
            approach.lane_s is not None and before.seen_s - approach.lane_s <= IN_LANE_S
        )
        if is_ours:
            met_s = before.seen_s + step.share * (after.seen_s - before.seen_s)
            turned = self._turns_at(before.anchor) or self._turns_at(place)
            approach.passage = Passage(
                before.seen_s, met_s, after.seen_s, approach.upstream_s, after, turned=turned
            )

    def _turns_at(self, place: Point) -> bool:
        return any(inside(polygon, place) for polygon in self._turns)


def _between(one: Point, other: Point, share: float) -> Point:
    return (one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1]))
