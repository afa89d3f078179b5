"""Runs the rules of one scene over the tracks of one camera. Pure: both clocks are arguments.

Invariants: same tracks, same facts; state is bounded by the live tracks. A rule whose schedule cannot be
judged, because nobody knows the time or the camera does not see what it should, decides nothing, and that is
counted, by rule and as the measurement `rules_suppressed` by reason. A rule that rested starts afresh.
"""

from datetime import datetime
from typing import Final

import msgspec

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.camera_health import DARK, CameraHealthRule
from edge_agent.rules.chosen_classes import chosen_classes
from edge_agent.rules.continuity import Continuity
from edge_agent.rules.crowding import CrowdingRule
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.intrusion import intrusion_rule
from edge_agent.rules.line_count import LineCountRule
from edge_agent.rules.loitering import loitering_rule
from edge_agent.rules.minutes import MINUTE_S, FlowKey, Minutes
from edge_agent.rules.moment import Moment, Rule, moment_of
from edge_agent.rules.occupancy import OccupancyRule
from edge_agent.rules.origin import Origin
from edge_agent.rules.paths import Paths
from edge_agent.rules.public_rules import public_rule
from edge_agent.rules.road_rules import road_rule
from edge_agent.rules.sight import NOTHING_SEEN, Sight
from edge_agent.rules.signal_rules import signal_rule
from edge_agent.scene.homography import fit_ground
from edge_agent.scene.public_specs import PublicRule
from edge_agent.scene.road_specs import RoadRule
from edge_agent.scene.rule_specs import Crowding, Intrusion, LineCount, Loitering, Occupancy
from edge_agent.scene.scene import AnyRule, Scene
from edge_agent.scene.schedule import TimeWindow, is_on, local_time
from edge_agent.scene.signal_specs import SignalRule

Facts = tuple[list[SceneEvent], list[SceneMeasurement]]
DIRECTIONS: Final = ("forward", "backward")
TIME_UNKNOWN: Final = "time_unknown"


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
        self._continuity = Continuity()
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
        # The camera is judged before the rules that rely on it.
        self._rules.sort(key=lambda entry: not isinstance(entry[0], CameraHealthRule))
        self._health = next((rule for rule, _ in self._rules if isinstance(rule, CameraHealthRule)), None)

    def step(self, tracks: Tracks, utc: datetime | None, sight: Sight = NOTHING_SEEN) -> Facts:
        """What one frame decides.

        Args:
            tracks: the tracks after the frame.
            utc: aware wall-clock time of the frame, or nothing when it is not known.
            sight: what the picture told beside tracks.
        """
        local = None if utc is None else local_time(utc, self._utc_offset_h)
        tracks = self._continuity.joined(tracks, sight.aspect)
        if sight.traits:  # told of the tracker's ids
            traits = {self._continuity.first_id(each): told for each, told in sight.traits.items()}
            sight = msgspec.structs.replace(sight, traits=traits)
        moment = moment_of(tracks, sight, paths=self._paths, ground=self._ground, local=local)
        measurements = self._minutes.begin_frame(moment.at_s, _past_minute_s(moment.at_s, utc))
        events: list[SceneEvent] = []
        for rule, schedule in self._rules:
            if self._is_off(rule.rule_id, schedule, utc):
                rule.pause()
            elif reason := self._blocked(rule):
                rule.pause()
                self._suppress(rule.rule_id, reason)
            else:
                events += self._run(rule, moment)
        return events, measurements

    def absent(self, at_s: float, utc: datetime | None) -> Facts:
        """No frame has come until now: what that decides. `utc` is the wall-clock time, where it is known."""
        events: list[SceneEvent] = []
        for rule, schedule in self._rules:
            if isinstance(rule, CameraHealthRule) and not self._is_off(rule.rule_id, schedule, utc):
                events += rule.absent(at_s)
        if events:  # whatever had begun is over: nobody saw how it went on
            for rule, _ in self._rules:
                if not isinstance(rule, CameraHealthRule):
                    rule.pause()
        return events, []

    def finish(self) -> Facts:
        """What the end of the input decides."""
        events: list[SceneEvent] = []
        for rule, _ in self._rules:
            before = rule.gauges
            events += self._booked(rule, rule.finish())
            if rule.gauges is not before:
                self._minutes.gauge(rule.gauges)
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
            self._minutes.gauge((_suppressed(rule.unjudged),))
        return events

    def _blocked(self, rule: Rule) -> str:
        """The fault of the camera in which this rule rests; empty while it may run."""
        if self._health is None or rule is self._health:
            return ""
        faults = self._health.blocking
        return next((fault for fault in faults if not (fault == DARK and rule.sees_in_dark)), "")

    def _suppress(self, rule_id: str, reason: str) -> None:
        self.suppressed[rule_id] = self.suppressed.get(rule_id, 0) + 1
        self._minutes.gauge((_suppressed(reason),))

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
            self._suppress(rule_id, TIME_UNKNOWN)
            return True
        return not is_on(schedule, utc, self._utc_offset_h)


def _rule_of(spec: AnyRule, scene: Scene, origin: Origin) -> Rule:
    if isinstance(spec, PublicRule):
        return public_rule(spec, scene, origin)
    if isinstance(spec, SignalRule):
        return signal_rule(spec, scene, origin)
    if isinstance(spec, RoadRule):
        return road_rule(spec, scene, origin)
    return _counting_rule(spec, scene, origin)


def _counting_rule(
    spec: LineCount | Occupancy | Intrusion | Loitering | Crowding, scene: Scene, origin: Origin
) -> Rule:
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


def _suppressed(reason: str) -> Gauge:
    """One rule that could decide nothing in this frame."""
    return Gauge("rules_suppressed", "", reason, "", 1.0, How.TIME_SUM)


def _past_minute_s(at_s: float, utc: datetime | None) -> float:
    """Seconds since a full minute: of the wall clock where it is known, else of the frames' clock."""
    return at_s % MINUTE_S if utc is None else utc.second + utc.microsecond / 1e6
