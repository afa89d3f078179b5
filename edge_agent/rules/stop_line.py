"""Vehicles that cross a stop line on red and stand beyond it, on a crosswalk or not; a person confirms.

candidate (crossed on red, stands beyond) → confirmed (2 s, the signal red all the while) → ended (drives on,
or the red is over). Who was on or past the line when red began is not judged in that red; who has driven into
the junction does not stand at the line. While the signal is not known nothing is decided.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.approaches import Approach, Approaches
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.pace import pace
from edge_agent.rules.red_light import SIGNAL_UNKNOWN
from edge_agent.rules.signal_state import Colour, SignalWatch
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import inside
from edge_agent.scene.scene import Lane, Line, Signal, Zone
from edge_agent.scene.signal_specs import StopLine

STANDS_KMH: Final = 2.0
DRIVES_KMH: Final = 4.0
"""Who stands is standing until he is faster than this."""
REACH_M: Final = 6.0
"""Further beyond the line, off the crosswalk, he does not stand at the line."""
_PACE_S: Final = 0.8
_LEAST_PACE_S: Final = 0.4


@dataclass(slots=True)
class _Stand:
    """One object that stands beyond the line."""

    since_s: float
    red_s: float


class StopLineRule(Rule):
    """Raises `stop_line_blocked`; its duration is how long the object has stood there."""

    def __init__(
        self,
        spec: StopLine,
        line: Line,
        lane: Lane,
        signal: Signal,
        origin: Origin,
        *,
        crosswalk: Zone | None = None,
        junction: Zone | None = None,
    ) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._line_id, self._signal_id = line.id, signal.id
        self._origin = origin
        self._crosswalk = None if crosswalk is None else crosswalk.polygon
        self._approaches = Approaches(
            line, lane, origin.classes, junction=None if junction is None else junction.polygon
        )
        self._watch = SignalWatch(signal.stale_s)
        self._stands: dict[int, _Stand] = {}
        self.unjudged = ""

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Stands that this frame confirms."""
        watch = self._watch
        watch.observe(moment.sight.lamps.get(self._signal_id), moment.at_s)
        self.unjudged = SIGNAL_UNKNOWN if watch.colour is Colour.UNKNOWN else ""
        beyond = {each.track.tracker_id: each for each in self._approaches.step(moment)}
        for track in moment.seen:
            approach = beyond.get(track.tracker_id)
            if approach is None or not self._stands_beyond(approach, moment):
                self._stands.pop(track.tracker_id, None)
        for gone in [tracker_id for tracker_id in self._stands if tracker_id not in moment.ids]:
            del self._stands[gone]
        return [event for each in beyond.values() if (event := self._advance(each, moment)) is not None]

    def pause(self) -> None:
        """Forget who stands, and the signal."""
        self._approaches.forget()
        self._watch.forget()
        self._stands.clear()
        self.unjudged = ""

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        self.pause()
        return []

    def _stands_beyond(self, approach: Approach, moment: Moment) -> bool:
        track, passage = approach.track, approach.passage
        if passage is None or passage.entered or not self._is_at_line(track, moment):
            return False
        steps = moment.paths.of(track.tracker_id).since(track.seen_s - _PACE_S)
        now = pace(steps, _LEAST_PACE_S)
        stands_already = track.tracker_id in self._stands
        if now is None:
            return stands_already
        return now.is_below(DRIVES_KMH if stands_already else STANDS_KMH)

    def _is_at_line(self, track: Track, moment: Moment) -> bool:
        beyond = self._approaches.beyond
        if self._crosswalk is not None and inside(self._crosswalk, track.anchor):
            return True
        return beyond.is_clear(track) and not beyond.is_past(
            track, REACH_M, moment.ground, moment.sight.aspect
        )

    def _advance(self, approach: Approach, moment: Moment) -> SceneEvent | None:
        """Begin or go on with a stand; the event once it is long enough, all on red."""
        stand = self._stand(approach) if self._stands_beyond(approach, moment) else None
        if stand is None or not is_mature(approach.track):
            return None
        until_s = min(approach.track.seen_s, self._watch.settled_s)
        is_long = until_s - stand.since_s >= self._spec.hold_s - 1e-9
        if not is_long or self._watch.held(Colour.RED, stand.since_s, until_s) is None:
            return None
        approach.judged_red_s = stand.red_s
        return self._event(approach.track, approach.track.seen_s - stand.since_s)

    def _stand(self, approach: Approach) -> _Stand | None:
        """The stand of who stands beyond now; none while it is not red, or he is not judged in this red."""
        track, passage, red_s = approach.track, approach.passage, self._watch.red_since_s
        if passage is None or red_s is None:  # if it turns out to have been red, the stand goes on
            return None
        if passage.upstream_s < red_s - 1e-9 or approach.judged_red_s == red_s:
            self._stands.pop(track.tracker_id, None)
            return None
        stand = self._stands.get(track.tracker_id)
        if stand is None or stand.red_s != red_s:
            stand = self._stands[track.tracker_id] = _Stand(track.seen_s, red_s)
        return stand

    def _event(self, track: Track, stood_s: float) -> SceneEvent:
        return track_event(
            "stop_line_blocked",
            track,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._line_id,
            at_s=track.seen_s,
            duration_s=stood_s,
        )
