"""Count objects that cross a line segment, each once a passage, with its direction.

A step of the anchor over the segment opens a passage; it counts when the anchor is clear of the line on
the far side, or when the track ends there. Trembling on the line opens and closes it without a count. A
passage by a track that is still too young waits until the track is old enough, and keeps its own time.
"""

from dataclasses import dataclass
from math import hypot
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.scene.geometry import BACKWARD, FORWARD, crossing, side
from edge_agent.scene.rule_specs import LineCount
from edge_agent.scene.scene import Line

CLEAR: Final = 0.15
"""Share of the object's own extent across the line by which the anchor must leave the line."""
_NAMES: Final = {FORWARD: "forward", BACKWARD: "backward"}


@dataclass(frozen=True, slots=True)
class _Passage:
    """An open passage: direction, when the line was met, and the track as it was then."""

    direction: int
    at_s: float
    track: Track


@dataclass(slots=True)
class _Walk:
    """The latest sight of a track, and its open passage."""

    track: Track
    passage: _Passage | None = None


class LineCountRule(Rule):
    """Raises `line_crossed`."""

    def __init__(self, spec: LineCount, line: Line, origin: Origin) -> None:
        self.rule_id = spec.id
        self.line_id = line.id
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._start, self._end = line.start, line.end
        dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
        self._length = hypot(dx, dy)
        self._across = (abs(dy) / self._length, abs(dx) / self._length)
        self._walks: dict[int, _Walk] = {}

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Passages that this frame completes."""
        events = []
        for track in moment.seen:
            walk = self._walks.get(track.tracker_id)
            if walk is None:
                self._walks[track.tracker_id] = _Walk(track)
                continue
            self._advance(walk, track)
            if walk.passage and is_mature(track) and (event := self._completed(walk)):
                events.append(event)
        if not moment.ids.issuperset(self._walks):
            events += [self._event(walk) for walk in self._ended(moment.ids) if self._counts_at_end(walk)]
        return events

    def pause(self) -> None:
        """Forget open passages."""
        self._walks.clear()

    def finish(self) -> list[SceneEvent]:
        """Passages that end with the input."""
        events = [self._event(walk) for walk in self._ended(frozenset()) if self._counts_at_end(walk)]
        self._walks.clear()
        return events

    def _advance(self, walk: _Walk, track: Track) -> None:
        before, walk.track = walk.track, track
        step = crossing(self._start, self._end, before.anchor, track.anchor)
        if step is None:
            return
        if walk.passage is None:
            at_s = before.seen_s + step.share * (track.seen_s - before.seen_s)
            walk.passage = _Passage(step.direction, at_s, track)
        elif walk.passage.direction != step.direction:
            walk.passage = None  # it went back before it was clear of the line

    def _completed(self, walk: _Walk) -> SceneEvent | None:
        """The event, once the anchor is clear of the line; undone around the line's end, it is dropped."""
        passage = walk.passage
        distance = side(self._start, self._end, walk.track.anchor) / self._length
        x1, y1, x2, y2 = walk.track.xyxy
        clear = CLEAR * (self._across[0] * (x2 - x1) + self._across[1] * (y2 - y1))
        if passage is None or abs(distance) < clear:
            return None
        event = (
            self._event(walk)
            if (distance > 0) == (passage.direction == FORWARD) and self._is_ours(walk)
            else None
        )
        walk.passage = None
        return event

    def _ended(self, live: frozenset[int]) -> list[_Walk]:
        gone = [tracker_id for tracker_id in self._walks if tracker_id not in live]
        return [self._walks.pop(tracker_id) for tracker_id in gone]

    def _counts_at_end(self, walk: _Walk) -> bool:
        if walk.passage is None or not is_mature(walk.track) or not self._is_ours(walk):
            return False
        beyond = side(self._start, self._end, walk.track.anchor) > 0
        return beyond == (walk.passage.direction == FORWARD)

    def _is_ours(self, walk: _Walk) -> bool:
        return walk.track.class_name in self._classes

    def _event(self, walk: _Walk) -> SceneEvent:
        passage = walk.passage or _Passage(FORWARD, walk.track.seen_s, walk.track)
        return SceneEvent(
            kind="line_crossed",
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line=self.line_id,
            class_name=walk.track.class_name,
            track_id=walk.track.tracker_id,
            score=passage.track.score,
            direction=_NAMES[passage.direction],
            duration_s=0.0,
            xyxy=passage.track.xyxy,
            value=None,
            at_s=passage.at_s,
            model=self._origin.model,
        )
