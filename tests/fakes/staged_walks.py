"""Tracks along waypoints in seconds, at any frame rate, frames dropped or not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, moment_of
from edge_agent.rules.paths import Paths
from edge_agent.rules.sight import Sight, StaticBlob

ASPECT = 16 / 9
LOST_S = 2.0


@dataclass(frozen=True)
class Walk:
    """One object: (seconds, x, y of its anchor) in between which it moves evenly; gone before and after."""

    tracker_id: int
    stops: Sequence[tuple[float, float, float]]
    class_name: str = "person"
    width: float = 0.05
    height: float = 0.2
    unseen: Sequence[tuple[float, float]] = ()

    def place(self, at_s: float) -> tuple[float, float] | None:
        if any(begin <= at_s < end for begin, end in self.unseen):
            return None
        for (t1, x1, y1), (t2, x2, y2) in pairwise(self.stops):
            if t1 <= at_s <= t2:
                share = (at_s - t1) / (t2 - t1)
                return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
        return None


@dataclass(frozen=True)
class Spot:
    """Something that the background model finds: from when to when, where."""

    blob_id: int
    begin_s: float
    end_s: float
    x: float
    y: float
    size: float = 0.03

    def blob(self, at_s: float) -> StaticBlob | None:
        if not self.begin_s + 1.5 <= at_s < self.end_s:
            return None
        box = (self.x - self.size / ASPECT, self.y - self.size, self.x + self.size / ASPECT, self.y)
        return StaticBlob(self.blob_id, box, self.begin_s, self.begin_s)


def moments(
    walks: Iterable[Walk],
    *,
    until_s: float,
    fps: float = 10.0,
    dropped: float = 0.0,
    spots: Iterable[Spot] = (),
    from_s: float = 0.0,
) -> Iterator[Moment]:
    """What a rule sees of it, frame by frame; a track lives on for 2 s after it was last seen."""
    walks, spots = list(walks), list(spots)
    rng, paths = Random(7), Paths(None)
    known: dict[int, Track] = {}
    for index in range(round(from_s * fps), round(until_s * fps) + 1):
        at_s = index / fps
        if rng.random() < dropped:
            continue
        for walk in walks:
            if (place := walk.place(at_s)) is not None:
                known[walk.tracker_id] = _seen(walk, place, at_s, known.get(walk.tracker_id))
        known = {each: track for each, track in known.items() if at_s - track.seen_s <= LOST_S}
        tracks = Tracks(at_s, tuple(known[each] for each in sorted(known)))
        blobs = tuple(blob for spot in spots if (blob := spot.blob(at_s)) is not None)
        yield moment_of(tracks, Sight(aspect=ASPECT, blobs=blobs), paths=paths)


def told(rule: Rule, seen: Iterable[Moment]) -> list[SceneEvent]:
    return [event for moment in seen for event in rule.step(moment)]


def _seen(walk: Walk, place: tuple[float, float], at_s: float, before: Track | None) -> Track:
    x, y = place
    box = (x - walk.width / 2, y - walk.height, x + walk.width / 2, y)
    born_s, hits = (at_s, 1) if before is None else (before.born_s, before.hits + 1)
    return Track(walk.tracker_id, 0, walk.class_name, 0.9, box, place, born_s, at_s, hits)
