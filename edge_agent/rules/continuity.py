"""An object whose track breaks goes on under its first id: one event an object, no dwell that starts anew.

A tracker gives a new id when a detection does not overlap its guess, or when a second box appears beside the
first. A track that begins where another of the same kind and size was lost a moment ago, or would be by now,
is taken for the same object; its age and detections go on. When the tracker sees the old track again, the
object was two: each keeps its own id from then on. Pure. Bounded by the live tracks and those lost within
`GAP_S`.
"""

from dataclasses import dataclass
from math import hypot, sqrt
from typing import Final

import msgspec

from edge_agent.perception.tracks import Track, Tracks

GAP_S: Final = 2.0
"""As long as the tracker itself waits for a lost object."""
REACH: Final = 0.5
"""How far from where the lost object was, should be, or any place between, a track may begin.

In object sizes (square root of the box's area): a turn or a stop is not foreseen.
"""
ALIKE: Final = 0.65
"""Least ratio of the two sizes."""
LEAST_HITS: Final = 3
EDGE: Final = 0.01
"""Boxes that come so near to the picture's edge touch it."""
PACE_S: Final = 0.25
"""An object's pace is taken between sights that are this far apart at least: boxes tremble."""
_GROUPS: Final = {
    "car": "vehicle",
    "truck": "vehicle",
    "bus": "vehicle",
    "train": "vehicle",
    "bicycle": "bike",
    "motorcycle": "bike",
}


@dataclass(slots=True)
class _Life:
    """What is known of one of the tracker's ids.

    Attributes:
        track: its latest sight, under the tracker's id.
        base: an earlier sight, from which its pace is taken.
        pace: of its anchor, normalised picture a second.
        first: the object's first id, birth and detections before this track; None while it is its own.
        is_continued: another track has taken over.
    """

    track: Track
    base: Track
    pace: tuple[float, float] = (0.0, 0.0)
    first: tuple[int, float, int] | None = None
    is_continued: bool = False


class Continuity:
    """Joins the tracks of one camera."""

    def __init__(self) -> None:
        self._lives: dict[int, _Life] = {}

    def joined(self, tracks: Tracks, aspect: float) -> Tracks:
        """The same tracks, each object under its first id."""
        at_s, lives = tracks.at_s, self._lives
        fresh = []
        for track in tracks.live:
            life = lives.get(track.tracker_id)
            if life is None:
                lives[track.tracker_id] = _Life(track, track)
                fresh.append(track)
            elif track.seen_s > life.track.seen_s:
                _follow(life, track)
                if life.is_continued:
                    self._part(track.tracker_id)
        for track in fresh:
            if track.seen_s == at_s:
                self._continue(track, at_s, aspect)
        live = {track.tracker_id for track in tracks.live}
        self._lives = {
            tracker_id: life
            for tracker_id, life in lives.items()
            if tracker_id in live or at_s - life.track.seen_s <= GAP_S
        }
        shown = [self._shown(track) for track in tracks.live if not lives[track.tracker_id].is_continued]
        return Tracks(at_s, tuple(sorted(shown, key=lambda track: track.tracker_id)))

    def first_id(self, tracker_id: int) -> int:
        """The id under which an object of the tracker's goes on, after `joined`."""
        life = self._lives.get(tracker_id)
        return tracker_id if life is None or life.first is None else life.first[0]

    def _continue(self, track: Track, at_s: float, aspect: float) -> None:
        """Join a track that begins now to the lost one that is nearest to it, if any is near enough."""
        near = [
            (away, tracker_id)
            for tracker_id, life in self._lives.items()
            if tracker_id != track.tracker_id and _is_lost(life, at_s) and _is_alike(life.track, track)
            if (away := _away(life, track, aspect)) <= REACH
        ]
        if not near:
            return
        old = self._lives[min(near)[1]]
        old.is_continued = True
        tracker_id, born_s, hits = old.first or (old.track.tracker_id, old.track.born_s, 0)
        life = self._lives[track.tracker_id]
        life.first = (tracker_id, born_s, hits + old.track.hits)
        life.pace = old.pace

    def _part(self, tracker_id: int) -> None:
        """The tracker sees again what was taken for lost: whoever went on for it is somebody else."""
        old = self._lives[tracker_id]
        old.is_continued = False
        own = old.first[0] if old.first else tracker_id
        for other, life in self._lives.items():
            if other != tracker_id and life.first is not None and life.first[0] == own:
                life.first = None

    def _shown(self, track: Track) -> Track:
        first = self._lives[track.tracker_id].first
        if first is None:
            return track
        tracker_id, born_s, hits = first
        return msgspec.structs.replace(track, tracker_id=tracker_id, born_s=born_s, hits=track.hits + hits)


def _follow(life: _Life, track: Track) -> None:
    """Take in a new sight and, once it is far enough from the last one, its pace."""
    since_s = track.seen_s - life.base.seen_s
    if since_s >= PACE_S:
        (x, y), (base_x, base_y) = track.anchor, life.base.anchor
        life.pace, life.base = ((x - base_x) / since_s, (y - base_y) / since_s), track
    life.track = track


def _is_lost(life: _Life, at_s: float) -> bool:
    unseen_s = at_s - life.track.seen_s
    hits = life.track.hits + (life.first[2] if life.first else 0)
    if not 0 < unseen_s <= GAP_S or life.is_continued or hits < LEAST_HITS:
        return False
    return not _may_have_left(life, unseen_s)


def _may_have_left(life: _Life, unseen_s: float) -> bool:
    """Whether it was, or should be by now, at the picture's edge: whoever comes in there is somebody else."""
    x1, y1, x2, y2 = life.track.xyxy
    dx, dy = life.pace[0] * unseen_s, life.pace[1] * unseen_s
    return min(x1, y1, x1 + dx, y1 + dy) < EDGE or max(x2, y2, x2 + dx, y2 + dy) > 1 - EDGE


def _is_alike(one: Track, other: Track) -> bool:
    group = _GROUPS.get(one.class_name, one.class_name)
    small, large = sorted((_size(one, 1.0), _size(other, 1.0)))
    return group == _GROUPS.get(other.class_name, other.class_name) and small >= ALIKE * large


def _away(life: _Life, track: Track, aspect: float) -> float:
    """How far a track begins from the way between where a lost one was and where it should be, in sizes."""
    since_s, (x, y) = track.seen_s - life.track.seen_s, life.track.anchor
    dx, dy = life.pace[0] * since_s * aspect, life.pace[1] * since_s
    to_x, to_y = (track.anchor[0] - x) * aspect, track.anchor[1] - y
    length = dx * dx + dy * dy
    share = min(max((to_x * dx + to_y * dy) / length, 0.0), 1.0) if length > 0 else 0.0
    away = hypot(to_x - share * dx, to_y - share * dy)
    size = (_size(life.track, aspect) + _size(track, aspect)) / 2
    return away / size if size > 0 else float("inf")


def _size(track: Track, aspect: float) -> float:
    x1, y1, x2, y2 = track.xyxy
    return sqrt((x2 - x1) * aspect * (y2 - y1))
