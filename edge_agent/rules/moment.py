"""One frame as the rules see it, made once and shared by all of them."""

from datetime import datetime
from typing import Final, Protocol

import msgspec

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge
from edge_agent.rules.paths import Paths
from edge_agent.rules.sight import NOTHING_SEEN, Sight
from edge_agent.scene.homography import Ground

LEAST_AGE_S: Final = 0.5
LEAST_HITS: Final = 3
PRESENT_S: Final = 1.0
"""An object that was seen so recently is still there: detectors blink."""
LONGEST_GAP_S: Final = 2.0
"""Between frames that are further apart nobody knows what was: such time holds nothing up."""


class Moment(msgspec.Struct, frozen=True):
    """The tracks of one frame, sorted out.

    Attributes:
        at_s: capture time of the frame.
        ids: ids of all live tracks; who is missing has ended.
        seen: tracks detected in this frame, young ones too.
        present: mature tracks seen within `PRESENT_S`.
        sight: what the picture told beside tracks.
        paths: where the tracks have been, this frame included.
        ground: the ground plane, where it was surveyed.
        local: the site's wall clock; None where nobody knows it. It may jump: durations come from `at_s`.
    """

    at_s: float
    ids: frozenset[int]
    seen: tuple[Track, ...]
    present: tuple[Track, ...]
    sight: Sight
    paths: Paths
    ground: Ground | None
    local: datetime | None = None


class Rule(Protocol):
    """One rule of a scene: takes moments, gives events; keeps state for live tracks only.

    Attributes:
        rule_id: id of the rule in the scene.
        gauges: what the latest step measured; the engine makes the figures of the minute from it.
        unjudged: why the latest step could decide nothing, as one word such as `signal_unknown`; empty when
            it could. The engine counts it.
        sees_in_dark: whether what it looks for is seen without light, such as fire.
    """

    rule_id: str
    gauges: tuple[Gauge, ...] = ()
    unjudged: str = ""
    sees_in_dark: bool = False

    def step(self, moment: Moment) -> list[SceneEvent]:
        """What this frame decides."""

    def pause(self) -> None:
        """The rule is off by its schedule: whatever had begun is forgotten."""

    def finish(self) -> list[SceneEvent]:
        """What the end of the input decides."""


def is_mature(track: Track) -> bool:
    """Whether a track is old enough to be believed: 0.5 s and 3 detections (domain §3)."""
    return track.hits >= LEAST_HITS and track.age_s >= LEAST_AGE_S - 1e-9


def moment_of(
    tracks: Tracks,
    sight: Sight = NOTHING_SEEN,
    *,
    paths: Paths | None = None,
    ground: Ground | None = None,
    local: datetime | None = None,
) -> Moment:
    """Sort the tracks of a frame out; `paths` takes them in."""
    at_s = tracks.at_s
    ids = frozenset([track.tracker_id for track in tracks.live])
    seen = tuple([track for track in tracks.live if track.seen_s == at_s])
    present = tuple([track for track in tracks.live if at_s - track.seen_s <= PRESENT_S and is_mature(track)])
    paths = Paths(ground) if paths is None else paths
    paths.observe(seen, ids, sight.aspect)
    return Moment(at_s, ids, seen, present, sight, paths, ground, local)
