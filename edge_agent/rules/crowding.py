"""Many people in a zone for some time: formed, repeated while it lasts, cleared.

The number is smoothed by a median over 1 s. It must reach the limit for `for_s` to form a crowd, and stay
below for `for_s` to clear it, so that one person who comes and goes at the limit is not an alarm each
time.
"""

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import LONGEST_GAP_S, Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.recent_median import RecentMedian
from edge_agent.scene.geometry import inside
from edge_agent.scene.rule_specs import Crowding
from edge_agent.scene.scene import Zone


class CrowdingRule(Rule):
    """Raises `crowd_formed` and `crowd_cleared`; the value is the number of people."""

    def __init__(self, spec: Crowding, zone: Zone, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._zone = zone
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._limit = float(spec.people) if spec.people else (spec.per_m2 or 0.0) * (zone.area_m2 or 0.0)
        self._median = RecentMedian()
        self._last_s: float | None = None
        self._turned_s: float | None = None
        self._formed_s: float | None = None
        self._alarmed_s = 0.0

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Whether the crowd forms, lasts or clears with this frame."""
        now = moment.at_s
        if self._last_s is not None and now - self._last_s > LONGEST_GAP_S:
            self._turned_s = None
        self._last_s = now
        count = self._median.smoothed(now, self._count(moment))
        crowded = count >= self._limit
        formed_s = self._formed_s
        if crowded == (formed_s is not None):
            self._turned_s = None
            return self._repeated(now, count)
        if self._turned_s is None:
            self._turned_s = now
        if now - self._turned_s < self._spec.for_s - 1e-9:
            return []
        began_s, self._turned_s = self._turned_s, None
        if formed_s is None:
            self._formed_s, self._alarmed_s = began_s, now
            return [self._event("crowd_formed", now, now - began_s, count)]
        self._formed_s = None
        return [self._event("crowd_cleared", now, began_s - formed_s, count)]

    def pause(self) -> None:
        """Forget the crowd."""
        self._median.clear()
        self._last_s = self._turned_s = self._formed_s = None

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _count(self, moment: Moment) -> int:
        zone, classes = self._zone.polygon, self._classes
        return sum(
            1 for track in moment.present if track.class_name in classes and inside(zone, track.anchor)
        )

    def _repeated(self, now: float, count: int) -> list[SceneEvent]:
        if self._formed_s is None or now - self._alarmed_s < self._spec.realarm_s:
            return []
        self._alarmed_s = now
        return [self._event("crowd_formed", now, now - self._formed_s, count)]

    def _event(self, kind: str, now: float, duration_s: float, count: int) -> SceneEvent:
        return SceneEvent(
            kind=kind,
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line=self._zone.id,
            class_name=self._origin.classes[0],
            track_id=0,
            score=0.0,
            direction="",
            duration_s=duration_s,
            xyxy=None,
            value=float(count),
            at_s=now,
            model=self._origin.model,
        )
