"""Who comes in by a door, who goes out, and who is inside: the passages of a line, with a sense.

Trembling in the door is no passage (`line_count.py` decides that). Nobody counts below zero: whoever leaves
an empty house came in before it was watched. At the reset hour nobody is inside any more, so that what was
missed does not add up for years; the hour comes by the frames' clock, so that moving the wall clock resets
nothing.
"""

from datetime import datetime
from typing import Final

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.line_count import LineCountRule
from edge_agent.rules.moment import Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.scene.public_specs import Visitors
from edge_agent.scene.rule_specs import LineCount
from edge_agent.scene.scene import Line

DAY_S: Final = 86_400.0
_CLOCK_MOVED_S: Final = 60.0


class VisitorsRule(Rule):
    """Raises nothing; measures `visitors_in`, `visitors_out` and `visitors_inside`."""

    def __init__(self, spec: Visitors, line: Line, origin: Origin) -> None:
        self.rule_id = spec.id
        self.inside = 0
        self._spec = spec
        self._line_id = line.id
        self._passages = LineCountRule(LineCount(id=spec.id, line=line.id), line, origin)
        self._reset_s: float | None = None

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Count this frame's passages."""
        if moment.local is not None and self._is_reset_due(moment.at_s, moment.local):
            self.inside = 0
        came, left = self._take_in(self._passages.step(moment))
        self.gauges = (
            Gauge("visitors_in", self._line_id, "", "", came, How.SUM),
            Gauge("visitors_out", self._line_id, "", "", left, How.SUM),
            Gauge("visitors_inside", self._line_id, "", "", float(self.inside), How.TIME_MEAN),
        )
        return []

    def pause(self) -> None:
        """Forget open passages; who is inside stays inside."""
        self._passages.pause()
        self.gauges = ()

    def finish(self) -> list[SceneEvent]:
        """Passages that end with the input."""
        came, left = self._take_in(self._passages.finish())
        self.gauges = (
            Gauge("visitors_in", self._line_id, "", "", came, How.SUM),
            Gauge("visitors_out", self._line_id, "", "", left, How.SUM),
        )
        return []

    def _take_in(self, crossings: list[SceneEvent]) -> tuple[float, float]:
        came = sum(event.direction == self._spec.inward for event in crossings)
        left = len(crossings) - came
        self.inside = max(0, self.inside + came - left)
        return float(came), float(left)

    def _is_reset_due(self, at_s: float, local: datetime) -> bool:
        """Whether the hour has come; a wall clock that jumps only moves the next one."""
        clock_s = (local.hour - self._spec.reset_hour) * 3600 + local.minute * 60 + local.second
        next_s = at_s + DAY_S - (clock_s % DAY_S + local.microsecond / 1e6)
        due_s = self._reset_s
        if due_s is None:
            self._reset_s = next_s
            return False
        if at_s >= due_s:
            self._reset_s = due_s + DAY_S * (1 + (at_s - due_s) // DAY_S)
            return True
        drift_s = (next_s - due_s) % DAY_S
        if min(drift_s, DAY_S - drift_s) > _CLOCK_MOVED_S:
            self._reset_s = next_s
        return False
