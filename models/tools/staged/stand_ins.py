"""Tracks made from the truth instead of from pictures: perfect ones, and ones as worn as a tracker's.

So a rule can be judged alone. Worn tracks tremble (the error of a box drifts, it is not new in each frame),
miss sights, and change their id now and then. Deterministic by seed.
"""

from dataclasses import dataclass, field
from math import exp, inf, sqrt
from typing import Final

import numpy as np

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.sight import Condition, LampReading, Sight, StaticBlob, Trait
from staged.staging import HEIGHT, WIDTH, Actor, Staging

LABELS: Final = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
LOST_S: Final = 2.0
"""A track unseen for longer ends, as the tracker's do."""
LEAST_VISIBLE: Final = 0.35
DRIFT_S: Final = 0.5
TRAIT_S: Final = 0.4
BLOB_SEEN_S: Final = 1.0
"""A thing must lie so long before the picture's watcher tells of it."""
_THING: Final = "thing"


@dataclass(frozen=True, slots=True)
class Wear:
    """How far tracks are from the truth.

    Attributes:
        name: in the table.
        tremble: standard deviation of a box's error, as a share of its height.
        dropped: share of sights that are missing.
        split_every_s: mean time between changes of an object's id.
        misread: share of the lamps' readings that are wrong or empty.
    """

    name: str
    tremble: float = 0.0
    dropped: float = 0.0
    split_every_s: float = inf
    misread: float = 0.0


PERFECT: Final = Wear("perfect")
JITTERED: Final = Wear("jittered", tremble=0.02, dropped=0.1, split_every_s=30.0, misread=0.05)


@dataclass(slots=True)
class _Trail:
    """The track of one actor as it is now."""

    tracker_id: int
    born_s: float
    seen_s: float
    hits: int
    track: Track | None = None
    error: tuple[float, float, float] = (0.0, 0.0, 0.0)
    told_s: float = -inf
    traits: tuple[Trait, ...] = field(default=())


class StandIn:
    """Stands in for detector, tracker and lamp reader of one clip.

    Attributes:
        object_of: the object behind each track id that was given so far.
        thing_of: the object behind each blob id.
    """

    def __init__(self, staging: Staging, wear: Wear, seed: int) -> None:
        self._staging = staging
        self._wear = wear
        self._rng = np.random.default_rng([staging.seed, seed, 11])
        self._trails: dict[int, _Trail] = {}
        self._ended: list[_Trail] = []
        self.object_of: dict[int, int] = {}
        self.thing_of: dict[int, int] = {}

    def look(self, at_s: float) -> tuple[Tracks, Sight]:
        """What the camera gives at this moment, later than the one before."""
        for actor in self._staging.actors:
            if actor.class_name != _THING and self._staging.visible(actor, at_s) >= LEAST_VISIBLE:
                self._see(actor, at_s)
        gone = [key for key, trail in self._trails.items() if at_s - trail.seen_s > LOST_S]
        for key in gone:
            del self._trails[key]
        self._ended = [trail for trail in self._ended if at_s - trail.seen_s <= LOST_S]
        every = [trail.track for trail in (*self._trails.values(), *self._ended) if trail.track]
        tracks = Tracks(at_s, tuple(sorted(every, key=lambda track: track.tracker_id)))
        return tracks, self._sight(at_s)

    def _see(self, actor: Actor, at_s: float) -> None:
        wear, rng = self._wear, self._rng
        trail = self._trails.get(actor.object_id)
        if rng.random() < wear.dropped:
            return
        since_s = at_s - trail.seen_s if trail else 0.0
        if trail and rng.random() < 1 - exp(-since_s / wear.split_every_s):
            self._ended.append(trail)
            trail = None
        if trail is None:
            trail = _Trail(len(self.object_of) + 1, at_s, at_s, 0)
            self.object_of[trail.tracker_id] = actor.object_id
            self._trails[actor.object_id] = trail
        trail.hits, trail.seen_s = trail.hits + 1, at_s
        trail.error = self._drifted(trail.error, since_s)
        trail.track = self._track(actor, trail, at_s)
        if actor.traits and at_s - trail.told_s >= TRAIT_S:
            trail.told_s = at_s
            latest = tuple(Trait(label, score, size, at_s) for label, score, size in actor.traits)
            trail.traits = (*trail.traits, *latest)[-15:]

    def _drifted(self, error: tuple[float, float, float], since_s: float) -> tuple[float, float, float]:
        if not self._wear.tremble:
            return error
        kept = exp(-since_s / DRIFT_S) if since_s else 0.0
        fresh = self._rng.normal(0, self._wear.tremble, 3) * sqrt(1 - kept * kept)
        x, y, size = (kept * value for value in error)
        return (x + float(fresh[0]), y + float(fresh[1]), size + float(fresh[2]))

    def _track(self, actor: Actor, trail: _Trail, at_s: float) -> Track:
        x1, y1, x2, y2 = actor.box(at_s) or (0.0, 0.0, 0.0, 0.0)
        shift_x, shift_y, growth = (value * actor.height for value in trail.error)
        xs = [min(max(x / WIDTH, 0.0), 1.0) for x in (x1 + shift_x - growth / 2, x2 + shift_x + growth / 2)]
        ys = [min(max(y / HEIGHT, 0.0), 1.0) for y in (y1 + shift_y - growth / 2, y2 + shift_y)]
        return Track(
            tracker_id=trail.tracker_id,
            class_id=LABELS.index(actor.class_name),
            class_name=actor.class_name,
            score=0.8,
            xyxy=(xs[0], ys[0], xs[1], ys[1]),
            anchor=((xs[0] + xs[1]) / 2, ys[1]),
            born_s=trail.born_s,
            seen_s=at_s,
            hits=trail.hits,
        )

    def _sight(self, at_s: float) -> Sight:
        traits = {trail.tracker_id: trail.traits for trail in self._trails.values() if trail.traits}
        return Sight(
            aspect=WIDTH / HEIGHT,
            lamps={lamp.signal_id: self._reading(lamp.colour(at_s), at_s) for lamp in self._staging.lamps},
            blobs=tuple(self._blobs(at_s)),
            condition=self._condition(at_s) if self._staging.faults else None,
            traits=traits,
        )

    def _reading(self, colour: str, at_s: float) -> LampReading:
        if self._rng.random() < self._wear.misread:
            return LampReading("green" if colour == "red" else "red", 0.8, at_s)
        return LampReading(colour, 0.95, at_s)

    def _blobs(self, at_s: float) -> list[StaticBlob]:
        """Things that lie still, were not there at the beginning, and can be seen."""
        found = []
        for actor in self._staging.actors:
            still_s, box = _still_since(actor, at_s), actor.box(at_s)
            if actor.class_name != _THING or still_s is None or box is None or still_s <= 0:
                continue
            if at_s - still_s >= BLOB_SEEN_S and self._staging.visible(actor, at_s) >= LEAST_VISIBLE:
                self.thing_of[actor.object_id] = actor.object_id
                x1, y1, x2, y2 = box
                place = (x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT)
                found.append(StaticBlob(actor.object_id, place, still_s, still_s))
        return found

    def _condition(self, at_s: float) -> Condition:
        kind = next((fault.kind for fault in self._staging.faults if fault.from_s <= at_s < fault.to_s), "")
        return Condition(
            is_frozen=kind == "frozen",
            brightness=0.02 if kind == "dark" else 0.45,
            sharpness=0.2 if kind in {"blurred", "covered"} else 1.0,
            covered=1.0 if kind == "covered" else 0.05,
            moved=None if kind in {"dark", "covered"} else 0.11 if kind == "moved" else 0.0,
        )


def _still_since(actor: Actor, at_s: float) -> float | None:
    """Since when a thing has not moved; nothing while it moves or is not there."""
    if actor.at(at_s) is None:
        return None
    since = None
    for one, other in zip(actor.path, actor.path[1:], strict=False):
        if one.at_s > at_s:
            break
        moves = (one.x, one.y) != (other.x, other.y)
        since = None if moves else one.at_s if since is None else since
        if moves and other.at_s > at_s:
            return None
    return since
