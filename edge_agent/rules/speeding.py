"""Vehicles that are too fast for sure: advisory, never a fine. Measures the speed of all in the lane.

Told once a passage, when the speed less its error is above the limit and its margin, twice in a row: one
wrong sight at the end of a path is not a speed.
"""

from typing import Final

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.lane_speeds import LaneSpeeds, Passage, direction_of
from edge_agent.rules.moment import Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.speed import error_kmh
from edge_agent.rules.track_event import track_event
from edge_agent.scene.road_specs import Speeding
from edge_agent.scene.scene import Lane

IN_A_ROW: Final = 2


class SpeedingRule(Rule):
    """Raises `speeding`; the value is the speed in km/h, the error what it may be off either way.

    Args:
        spec: the rule.
        lane: its lane.
        origin: where facts come from.
        measures: whether this rule writes the lane's speeds; two rules of one lane would write them twice.
    """

    def __init__(self, spec: Speeding, lane: Lane, origin: Origin, *, measures: bool) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._lane = lane
        self._origin = origin
        self._measures = measures
        self._speeds = LaneSpeeds(lane, origin.classes)

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Vehicles that are found too fast with this frame."""
        measured = self._speeds.step(moment)
        self.gauges = self._speeds.gauges if self._measures else ()
        events = []
        for passage in measured:
            if not passage.told and (event := self._judged(passage, moment)):
                passage.told = True
                events.append(event)
        return events

    def pause(self) -> None:
        """Forget every passage."""
        self._speeds.forget()
        self.gauges = ()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing; passages that are open still have their speeds."""
        if self._measures:
            self.gauges = self._speeds.finish()
        return []

    def _judged(self, passage: Passage, moment: Moment) -> SceneEvent | None:
        speed, ground, track = passage.speed, moment.ground, passage.track
        highest = self._spec.limit_kmh + self._spec.margin_kmh
        error = None
        if speed is not None and ground is not None and speed.kmh > highest:
            error = error_kmh(speed, ground, moment.sight.aspect)
        if speed is None or error is None or speed.kmh - error <= highest:
            passage.above = 0
            return None
        passage.above += 1
        if passage.above < IN_A_ROW:
            return None
        return track_event(
            "speeding",
            track,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._lane.id,
            at_s=moment.at_s,
            duration_s=speed.duration_s,
            direction=direction_of(speed, self._lane, moment.sight.aspect),
            value=speed.kmh,
            error=error,
        )
