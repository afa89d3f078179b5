"""Vehicles that drive over the stop line while the signal is red: possible violations, a person confirms.

candidate (met the line in the lane's direction) → beyond (1 m, or 0.3 s while still driving) → judged once
the signal's state of those moments is settled. Who was on or past the line when red began is not judged in
that red; who stands still beyond the line has not run (`stop_line` tells of him). While the signal is not
known nothing is decided. Bounded by the live tracks, and `MOST_PENDING` passages that wait for the signal.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.approaches import Approach, Approaches, Passage
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.pace import pace
from edge_agent.rules.signal_state import Colour, SignalWatch
from edge_agent.rules.track_event import track_event
from edge_agent.scene.scene import Lane, Line, Signal
from edge_agent.scene.signal_specs import RedLight

SIGNAL_UNKNOWN: Final = "signal_unknown"
DRIVING_KMH: Final = 4.0
"""Slower is creeping."""
SURE_GAP_S: Final = 0.5
"""Between two sights no further apart, the moment of meeting the line is well enough known."""
PATIENCE_S: Final = 5.0
MOST_PENDING: Final = 64
_PACE_S: Final = 0.6
_LEAST_PACE_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class _Pending:
    """A passage that waits until the signal's state is settled."""

    approach: Approach
    passage: Passage
    track: Track
    early_s: float
    late_s: float


class RedLightRule(Rule):
    """Raises `red_light_run`, with the seconds for which it had been red as its value."""

    def __init__(
        self,
        spec: RedLight,
        line: Line,
        lane: Lane,
        signal: Signal,
        origin: Origin,
        *,
        turns: tuple[Lane, ...] = (),
    ) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._line_id, self._signal_id = line.id, signal.id
        self._origin = origin
        self._approaches = Approaches(line, lane, origin.classes, turns=tuple(turn.polygon for turn in turns))
        self._watch = SignalWatch(signal.stale_s)
        self._pending: list[_Pending] = []
        self.unjudged = ""

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Passages that this frame decides."""
        self._watch.observe(moment.sight.lamps.get(self._signal_id), moment.at_s)
        for approach in self._approaches.step(moment):
            if is_mature(approach.track) and self._is_beyond(approach, moment):
                self._await(approach)
        self.unjudged = SIGNAL_UNKNOWN if self._watch.colour is Colour.UNKNOWN else ""
        return self._judged(moment.at_s)

    def pause(self) -> None:
        """Forget open passages and the signal."""
        self._approaches.forget()
        self._watch.forget()
        self._pending.clear()
        self.unjudged = ""

    def finish(self) -> list[SceneEvent]:
        """What waits for the signal is not decided by the end of the input."""
        self.pause()
        return []

    def _is_beyond(self, approach: Approach, moment: Moment) -> bool:
        passage, track = approach.passage, approach.track
        if passage is None:
            return False
        if self._approaches.beyond.is_past(track, self._spec.beyond_m, moment.ground, moment.sight.aspect):
            return True
        if track.seen_s - passage.met_s < self._spec.beyond_s - 1e-9:
            return False
        steps = moment.paths.of(track.tracker_id).since(track.seen_s - _PACE_S)
        now = pace(steps, _LEAST_PACE_S)
        return now is not None and not now.is_below(DRIVING_KMH)

    def _await(self, approach: Approach) -> None:
        """Queue the passage, once, with the times between which it must have been red."""
        passage = approach.passage
        if passage is None or passage.clear_s is None:
            return
        if any(each.passage is passage for each in self._pending) or len(self._pending) >= MOST_PENDING:
            return
        is_sure = passage.after_s - passage.before_s <= SURE_GAP_S
        early_s = passage.met_s if is_sure else passage.before_s
        self._pending.append(_Pending(approach, passage, approach.track, early_s, passage.clear_s))

    def _judged(self, at_s: float) -> list[SceneEvent]:
        ripe = [each for each in self._pending if each.late_s <= self._watch.settled_s]
        self._pending = [
            each
            for each in self._pending
            if each.late_s > self._watch.settled_s and at_s - each.late_s <= PATIENCE_S
        ]
        return [event for each in ripe if (event := self._verdict(each)) is not None]

    def _verdict(self, pending: _Pending) -> SceneEvent | None:
        approach, passage = pending.approach, pending.passage
        if approach.passage is passage:
            approach.passage = None  # judged: only who comes from before the line again is judged again
        phase = self._watch.held(Colour.RED, pending.early_s, pending.late_s)
        if phase is None or passage.turned or approach.judged_red_s == phase.since_s:
            return None
        red_s = passage.met_s - phase.since_s
        was_red = pending.early_s - phase.since_s >= self._spec.min_red_s - 1e-9
        if not was_red or passage.upstream_s < phase.since_s - 1e-9:
            return None
        approach.judged_red_s = phase.since_s
        return self._event(passage, red_s)

    def _event(self, passage: Passage, red_s: float) -> SceneEvent:
        return track_event(
            "red_light_run",
            passage.track,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._line_id,
            at_s=passage.met_s,
            duration_s=0.0,
            value=red_s,
        )
