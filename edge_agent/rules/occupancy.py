"""How many objects of each class are in a zone: a figure for each frame, no events."""

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.scene.geometry import inside
from edge_agent.scene.rule_specs import Occupancy
from edge_agent.scene.scene import Zone


class OccupancyRule(Rule):
    """Counts mature tracks; the engine makes the figures of the minute from `counts`."""

    def __init__(self, spec: Occupancy, zone: Zone, origin: Origin) -> None:
        self.rule_id = spec.id
        self.zone_id = zone.id
        self._polygon = zone.polygon
        self._none = dict.fromkeys(origin.classes, 0)
        self.counts = dict(self._none)

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Count this frame."""
        counts = dict(self._none)
        for track in moment.present:
            if track.class_name in counts and inside(self._polygon, track.anchor):
                counts[track.class_name] += 1
        self.counts = counts
        return []

    def pause(self) -> None:
        """Nothing is carried from frame to frame."""

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []
