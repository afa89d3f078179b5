"""Runs the rules of one scene over the tracks of one camera. Pure: both clocks are arguments.

Invariants: same tracks, same facts; state is bounded by the live tracks. A rule whose schedule cannot be
judged, because nobody knows the time, decides nothing, and that is counted.
"""

from datetime import datetime
from typing import Final

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.chosen_classes import chosen_classes
from edge_agent.rules.crowding import CrowdingRule
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.rules.intrusion import intrusion_rule
from edge_agent.rules.line_count import LineCountRule
from edge_agent.rules.loitering import loitering_rule
from edge_agent.rules.minutes import MINUTE_S, FlowKey, Minutes
from edge_agent.rules.moment import Moment, Rule, moment_of
from edge_agent.rules.occupancy import OccupancyRule
from edge_agent.rules.origin import Origin
from edge_agent.rules.paths import Paths
from edge_agent.rules.sight import NOTHING_SEEN, Sight
from edge_agent.scene.homography import fit_ground
from edge_agent.scene.rule_specs import Crowding, Intrusion, LineCount, Loitering, Occupancy
from edge_agent.scene.scene import AnyRule, Scene
from edge_agent.scene.schedule import TimeWindow, is_on

Facts = tuple[list[SceneEvent], list[SceneMeasurement]]
DIRECTIONS: Final = ("forward", "backward")


class Engine:
    """All rules of a scene.

    Args:
        scene: the checked scene.
        camera: id of the camera, as facts carry it.
        model: name of the model, as events carry it.
        labels: labels that the model knows.
        classes: labels that a rule means when it names none.
        always_on: take every schedule as on; for recordings whose time nobody knows.

    Raises:
        SceneError: a rule names a class that the model does not know.
    """

    def __init__(
        self,
        scene: Scene,
        *,
        camera: str,
        model: str,
        labels: tuple[str, ...],
        classes: tuple[str, ...],
        always_on: bool = False,
    ) -> None:
        self._always_on = always_on
        self._utc_offset_h = scene.utc_offset_h
        self._minutes = Minutes(camera)
        self._rules: list[tuple[Rule, tuple[TimeWindow, ...]]] = []
        self._flows: dict[str, tuple[FlowKey, ...]] = {}
        self._ground = None if scene.homography is None else fit_ground(scene.homography.points)
        self._paths = Paths(self._ground)
        self.suppressed: dict[str, int] = {}
        self.unjudged: dict[tuple[str, str], int] = {}
        for spec in scene.rules:
            wanted = chosen_classes(spec, model=model, labels=labels, usual=classes)
            rule = _rule_of(spec, scene, Origin(camera, model, wanted))
            self._rules.append((rule, spec.schedule))
            if isinstance(rule, LineCountRule):
                self._flows[spec.id] = tuple(
                    (rule.line_id, name, way) for name in wanted for way in DIRECTIONS
                )

    def step(self, tracks: Tracks, utc: datetime | None, sight: Sight = NOTHING_SEEN) -> Facts:
        """What one frame decides.

        Args:
            tracks: the tracks after the frame.
            utc: aware wall-clock time of the frame, or nothing when it is not known.
            sight: what the picture told beside tracks.
        """
        moment = moment_of(tracks, sight, paths=self._paths, ground=self._ground)
        measurements = self._minutes.begin_frame(moment.at_s, _past_minute_s(moment.at_s, utc))
        events: list[SceneEvent] = []
        for rule, schedule in self._rules:
            if self._is_off(rule.rule_id, schedule, utc):
                rule.pause()
            else:
                events += self._run(rule, moment)
        return events, measurements

    def finish(self) -> Facts:
        """What the end of the input decides."""
        events = [event for rule, _ in self._rules for event in self._booked(rule, rule.finish())]
        return events, self._minutes.finish()

    def _run(self, rule: Rule, moment: Moment) -> list[SceneEvent]:
        events = self._booked(rule, rule.step(moment))
        if isinstance(rule, LineCountRule):
            self._minutes.watch(self._flows[rule.rule_id])
        elif isinstance(rule, OccupancyRule):
            for class_name, count in rule.counts.items():
                self._minutes.occupy((rule.zone_id, class_name), count)
        self._minutes.gauge(rule.gauges)
        if rule.unjudged:
            key = (rule.rule_id, rule.unjudged)
            self.unjudged[key] = self.unjudged.get(key, 0) + 1
        return events

    def _booked(self, rule: Rule, events: list[SceneEvent]) -> list[SceneEvent]:
        """The same events, their crossings added to the flow."""
        if isinstance(rule, LineCountRule):
            for event in events:
                self._minutes.cross((event.zone_or_line, event.class_name, event.direction), event.at_s)
        return events

    def _is_off(self, rule_id: str, schedule: tuple[TimeWindow, ...], utc: datetime | None) -> bool:
        if not schedule or self._always_on:
            return False
        if utc is None:
            self.suppressed[rule_id] = self.suppressed.get(rule_id, 0) + 1
            return True
        return not is_on(schedule, utc, self._utc_offset_h)


def _rule_of(spec: AnyRule, scene: Scene, origin: Origin) -> Rule:
    match spec:
        case LineCount():
            return LineCountRule(spec, scene.line(spec.line), origin)
        case Occupancy():
            return OccupancyRule(spec, scene.zone(spec.zone), origin)
        case Intrusion():
            return intrusion_rule(spec, scene.zone(spec.zone), origin)
        case Loitering():
            return loitering_rule(spec, scene.zone(spec.zone), origin)
        case Crowding():
            return CrowdingRule(spec, scene.zone(spec.zone), origin)


def _past_minute_s(at_s: float, utc: datetime | None) -> float:
    """Seconds since a full minute: of the wall clock where it is known, else of the frames' clock."""
    return at_s % MINUTE_S if utc is None else utc.second + utc.microsecond / 1e6
