"""Motor vehicles that drive on a pavement: fast enough, for long enough, far enough.

outside or standing → driving (candidate) → told → gone. A frame outside ends a candidate at once; one that
was told of is gone when it has been outside for `OUTSIDE_S`. Where the ground is not surveyed, metres are
those of the vehicle's usual size. State is kept for live tracks only.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.speed import PACE_S, pace_kmh
from edge_agent.rules.track_event import track_event
from edge_agent.rules.vehicle_sizes import metres_moved
from edge_agent.scene.geometry import inside
from edge_agent.scene.road_specs import Pavement
from edge_agent.scene.scene import Zone

UNSEEN_S: Final = 1.0
"""Between two sights that are further apart, nobody knows: the drive begins anew."""
SLOW_S: Final = 0.5
"""A drive goes on over a shorter slow spell."""
OUTSIDE_S: Final = 2.0


@dataclass(slots=True)
class _Drive:
    """One vehicle's drive.

    Attributes:
        began_s: since when.
        seen_s: when it was last seen on the pavement.
        drove_s: when it was last fast enough; None while it has not been.
        told: whether its event has been raised.
    """

    began_s: float
    seen_s: float
    drove_s: float | None = None
    told: bool = False


class PavementRule(Rule):
    """Raises `pavement_driven`; the value is the pace in km/h, roughly."""

    def __init__(self, spec: Pavement, zone: Zone, driveways: tuple[Zone, ...], origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._zone = zone
        self._driveways = tuple(each.polygon for each in driveways)
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._drives: dict[int, _Drive] = {}

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Drives that this frame confirms."""
        for gone in [each for each in self._drives if each not in moment.ids]:
            del self._drives[gone]
        seen = [track for track in moment.seen if track.class_name in self._classes]
        return [event for track in seen if (event := self._judged(track, moment)) is not None]

    def pause(self) -> None:
        """Forget every drive."""
        self._drives.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _judged(self, track: Track, moment: Moment) -> SceneEvent | None:
        now, tracker_id, spec = moment.at_s, track.tracker_id, self._spec
        path = moment.paths.of(tracker_id)
        drive = self._drives.get(tracker_id)
        if not self._is_on(track):
            if drive is not None and (not drive.told or now - drive.seen_s > OUTSIDE_S):
                del self._drives[tracker_id]
            return None
        kmh = pace_kmh(path.since(now - PACE_S), track.class_name)
        drives = kmh is not None and kmh > spec.min_kmh
        if drive is None or (not drive.told and now - drive.seen_s > UNSEEN_S):
            self._drives[tracker_id] = _Drive(now, now)
            return None
        drive.seen_s = now
        if drives:
            drive.drove_s = now
        elif kmh is not None and (drive.drove_s is None or now - drive.drove_s > SLOW_S):
            drive.began_s, drive.drove_s = now, None
        if drive.told or not drives or now - drive.began_s < spec.min_s - 1e-9 or not is_mature(track):
            return None
        if metres_moved(path.since(drive.began_s), track.class_name) < spec.min_m:
            return None
        drive.told = True
        return track_event(
            "pavement_driven",
            track,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._zone.id,
            at_s=now,
            duration_s=now - drive.began_s,
            value=kmh,
        )

    def _is_on(self, track: Track) -> bool:
        return inside(self._zone.polygon, track.anchor) and not any(
            inside(polygon, track.anchor) for polygon in self._driveways
        )
