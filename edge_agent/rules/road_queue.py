"""How far vehicles queue back from a stop line, in metres along the lane.

From the line to the far end of the last vehicle that stands (< 5 km/h) and is less than `GAP_M` behind the
one before it; the first less than that from the line. The camera sees the near end of a vehicle; the other
is where the vehicle's usual length puts it. Lengths are measured along the lane's direction at the line, so
a bent lane shows its queue as too short. The figure is the median of `SMOOTH_S`; a change is told when it
has lasted.
"""

from collections import deque
from math import hypot
from statistics import median
from typing import Final

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.lane_traffic import Driver, LaneTraffic
from edge_agent.rules.moment import Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.vehicle_sizes import size_of
from edge_agent.scene.errors import SceneError
from edge_agent.scene.homography import Ground, Point
from edge_agent.scene.road_specs import RoadQueue
from edge_agent.scene.scene import Lane, Line

GAP_M: Final = 10.0
PAST_M: Final = 3.0
"""Who stands further beyond the line than this does not wait before it."""
SMOOTH_S: Final = 5.0
MOST_SAMPLES: Final = 301
LONGEST_GAP_S: Final = 5.0
_TINY: Final = 1e-3


class RoadQueueRule(Rule):
    """Raises `queue_changed`; the value is the length in metres, the duration how long the change had lasted.

    Raises:
        SceneError: the stop line is not on surveyed ground.
    """

    def __init__(self, spec: RoadQueue, lane: Lane, stop_line: Line, ground: Ground, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._lane = lane
        self._origin = origin
        self._traffic = LaneTraffic(lane, origin.classes)
        self._line, self._upstream = _axis(spec, lane, stop_line, ground)
        self._samples: deque[tuple[float, float]] = deque(maxlen=MOST_SAMPLES)
        self._told_m = 0.0
        self._turned: tuple[float, bool] | None = None

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Measure this frame; whether a change of the queue has lasted."""
        now = moment.at_s
        if self._samples and now - self._samples[-1][0] > LONGEST_GAP_S:
            self.pause()
        self._samples.append((now, self._length_m(self._traffic.step(moment), moment)))
        while now - self._samples[0][0] > SMOOTH_S:
            self._samples.popleft()
        length_m = median([metres for _, metres in self._samples])
        self.gauges = (Gauge("queue_length", self._lane.id, "", "", length_m, How.MOST),)
        return self._changed(length_m, now)

    def pause(self) -> None:
        """Forget the queue."""
        self._traffic.forget()
        self._samples.clear()
        self._told_m, self._turned = 0.0, None
        self.gauges = ()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _length_m(self, drivers: tuple[Driver, ...], moment: Moment) -> float:
        """Of the vehicles that stand, those in line from the stop line on."""
        spans = [
            span
            for each in drivers
            if each.stands_since_s is not None and (span := self._span(each, moment)) is not None
        ]
        reach_m = 0.0
        for front_m, tail_m in sorted(spans):
            if front_m - reach_m >= GAP_M:
                break
            if front_m >= -PAST_M:
                reach_m = max(reach_m, tail_m)
        return reach_m

    def _span(self, driver: Driver, moment: Moment) -> tuple[float, float] | None:
        """From where to where a vehicle stands, in metres before the line."""
        steps = moment.paths.of(driver.track.tracker_id).steps
        if not steps or steps[-1].east_m is None or steps[-1].north_m is None:
            return None
        east, north = steps[-1].east_m - self._line[0], steps[-1].north_m - self._line[1]
        near_m = east * self._upstream[0] + north * self._upstream[1]
        length = size_of(driver.track.class_name).length
        dx, dy = self._lane.direction[0] * moment.sight.aspect, self._lane.direction[1]
        towards = dy / hypot(dx, dy)
        return near_m - length * (1 - towards) / 2, near_m + length * (1 + towards) / 2

    def _changed(self, length_m: float, now: float) -> list[SceneEvent]:
        change_m = length_m - self._told_m
        longer = change_m > 0
        if abs(change_m) < self._spec.change_m:
            self._turned = None
            return []
        if self._turned is None or self._turned[1] != longer:
            self._turned = (now, longer)
        lasted_s = now - self._turned[0]
        if lasted_s < self._spec.hold_s - 1e-9:
            return []
        self._told_m, self._turned = length_m, None
        return [
            SceneEvent(
                kind="queue_changed",
                rule=self.rule_id,
                camera=self._origin.camera,
                zone_or_line=self._lane.id,
                class_name="",
                track_id=0,
                score=0.0,
                direction="",
                duration_s=lasted_s,
                xyxy=None,
                value=length_m,
                at_s=now,
                model=self._origin.model,
            )
        ]


def _axis(spec: RoadQueue, lane: Lane, stop_line: Line, ground: Ground) -> tuple[Point, Point]:
    """Where the line is on the ground, and the unit vector against the traffic there."""
    x = (stop_line.start[0] + stop_line.end[0]) / 2
    y = (stop_line.start[1] + stop_line.end[1]) / 2
    dx, dy = lane.direction
    step = _TINY / hypot(dx, dy)
    here, before = ground.to_metres((x, y)), ground.to_metres((x - dx * step, y - dy * step))
    if here is None or before is None:
        raise SceneError(
            f'[[rules]] (id "{spec.id}"), key \'stop_line\': line "{stop_line.id}" lies beyond the horizon '
            "of [homography]: check the line and the survey"
        )
    east, north = before[0] - here[0], before[1] - here[1]
    length = hypot(east, north)
    return here, (east / length, north / length)
