"""How jammed a lane is: 0 free, 1 slow, 2 heavy, 3 jammed; each level entered and left slowly.

A frame has level n when the lane's cover reaches the n-th of `levels` and, where speeds can be measured,
their median is below the n-th of `slow` of the usual speed: many who drive well are no jam. Both are
smoothed with `SMOOTH_S`. Each level has a latch of its own: on when it has been reached for `enter_s`, off
when it has not for `leave_s`; the level of the lane is the highest latch that is on.
"""

from dataclasses import dataclass
from math import exp
from statistics import median
from typing import Final

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.lane_cover import LaneCover
from edge_agent.rules.lane_speeds import LaneSpeeds
from edge_agent.rules.lane_traffic import Driver, LaneTraffic
from edge_agent.rules.moment import Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.scene.homography import Ground
from edge_agent.scene.road_specs import Congestion
from edge_agent.scene.scene import Lane

SMOOTH_S: Final = 5.0
EMPTY_S: Final = 10.0
"""The median pace of those who were there is known for so long."""
USUAL_KMH: Final = 40.0
LONGEST_GAP_S: Final = 5.0
"""After a longer time without frames nobody knows what was: everything begins anew."""


@dataclass(slots=True)
class _Smooth:
    """A value that follows what is measured with a time constant."""

    value: float | None = None

    def take(self, value: float, gap_s: float) -> float:
        """Follow a value that held for this long; returns what is smoothed."""
        share = 1.0 - exp(-gap_s / SMOOTH_S)
        self.value = value if self.value is None else self.value + share * (value - self.value)
        return self.value


@dataclass(slots=True)
class _Latch:
    """One level: whether it is on, and since when that has been otherwise."""

    is_on: bool = False
    turned_s: float | None = None

    def take(self, at_s: float, *, reached: bool, enter_s: float, leave_s: float) -> None:
        """Whether the level is reached in this frame."""
        if reached == self.is_on:
            self.turned_s = None
            return
        if self.turned_s is None:
            self.turned_s = at_s
        if at_s - self.turned_s >= (enter_s if reached else leave_s) - 1e-9:
            self.is_on, self.turned_s = reached, None


class CongestionRule(Rule):
    """Raises `congestion_changed`; the value is the level, the duration how long the level before had lasted.

    Args:
        spec: the rule.
        lane: its lane.
        ground: the ground; None where it was not surveyed: then the cover alone decides.
        origin: where facts come from.
        measures: whether this rule writes the lane's speeds; two rules of one lane would write them twice.
    """

    def __init__(
        self, spec: Congestion, lane: Lane, ground: Ground | None, origin: Origin, *, measures: bool
    ) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._lane = lane
        self._origin = origin
        self._has_ground = ground is not None
        self._cover_of = LaneCover(lane, ground)
        self._traffic = LaneTraffic(lane, origin.classes)
        self._speeds = LaneSpeeds(lane, origin.classes) if measures else None
        self._level = 0
        self._since_s: float | None = None
        self._at_s: float | None = None
        self._paced_s = 0.0
        self._begin()

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Whether the level changes with this frame."""
        now = moment.at_s
        gap_s = 0.0 if self._at_s is None else now - self._at_s
        if gap_s > LONGEST_GAP_S:
            self.pause()
            gap_s = 0.0
        self._at_s = now
        drivers = self._traffic.step(moment)
        cover = self._cover.take(self._cover_of.share(each.track for each in drivers), gap_s)
        reached = self._reached(cover, self._median_kmh(drivers, now, gap_s))
        for number, latch in enumerate(self._latches, 1):
            latch.take(now, reached=reached >= number, enter_s=self._spec.enter_s, leave_s=self._spec.leave_s)
        level = sum(latch.is_on for latch in self._latches)
        events = [self._changed(level, now)] if level != self._level else []
        if self._speeds is not None:
            self._speeds.step(moment)
        speeds = () if self._speeds is None else self._speeds.gauges
        self.gauges = (Gauge("congestion", self._lane.id, "", "", float(level), How.MOST), *speeds)
        return events

    def pause(self) -> None:
        """Forget the level: nobody watches."""
        self._traffic.forget()
        if self._speeds is not None:
            self._speeds.forget()
        self._begin()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing; passages that are open still have their speeds."""
        if self._speeds is not None:
            self.gauges = self._speeds.finish()
        return []

    def _begin(self) -> None:
        self.gauges = ()
        self._cover, self._kmh = _Smooth(), _Smooth()
        self._latches = tuple(_Latch() for _ in self._spec.levels)
        self._level = 0
        self._since_s = self._at_s = None
        self._paced_s = 0.0

    def _median_kmh(self, drivers: tuple[Driver, ...], now: float, gap_s: float) -> float | None:
        """The median pace, smoothed; None where it cannot be measured, or nobody was there for a while."""
        paces = [each.kmh for each in drivers if each.kmh is not None] if self._has_ground else []
        if paces:
            if now - self._paced_s > EMPTY_S:
                self._kmh = _Smooth()
            self._paced_s = now
            return self._kmh.take(median(paces), gap_s)
        return self._kmh.value if now - self._paced_s <= EMPTY_S else None

    def _reached(self, cover: float, kmh: float | None) -> int:
        """The level of this frame."""
        usual_kmh = self._lane.usual_speed_kmh or USUAL_KMH
        pairs = zip(self._spec.levels, self._spec.slow, strict=True)
        reached = [cover >= level and (kmh is None or kmh < slow * usual_kmh) for level, slow in pairs]
        return next((n for n, is_reached in enumerate(reached) if not is_reached), len(reached))

    def _changed(self, level: int, now: float) -> SceneEvent:
        lasted_s = 0.0 if self._since_s is None else now - self._since_s
        self._level, self._since_s = level, now
        return SceneEvent(
            kind="congestion_changed",
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line=self._lane.id,
            class_name="",
            track_id=0,
            score=0.0,
            direction="",
            duration_s=lasted_s,
            xyxy=None,
            value=float(level),
            at_s=now,
            model=self._origin.model,
        )
