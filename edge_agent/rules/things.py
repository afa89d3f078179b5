"""Things that lie there: what detector and background model found, joined by place. Pure.

A detected bag and the changed spot under it are one thing. A thing that the detector loses and finds again is
the same thing. What lay there when watching began, or where nobody was, was there already: it stays known, so
that a passer-by is not blamed for it when the detector blinks. Bounded by `MOST_THINGS`.
"""

from dataclasses import dataclass, field
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.carriers import area
from edge_agent.rules.facts import Xyxy
from edge_agent.rules.sight import StaticBlob

MOST_THINGS: Final = 64
MOVED: Final = 0.5
"""A thing that has moved by half its own size does not lie still."""
SAME_PLACE: Final = 0.25
"""Overlap (intersection over union) of one thing seen twice."""
FORGET_S: Final = 10.0
FORGET_KNOWN_S: Final = 300.0
UNNAMED: Final = "object"


@dataclass(slots=True)
class Thing:
    """One thing.

    Attributes:
        xyxy: where it was last seen.
        born_s: when it was first there.
        still_s: since when it has not moved.
        seen_s: when it was last there: seen, or hidden by somebody before it.
        shown_s: when it was last seen itself.
        class_name: of the detector; `object` when only the picture's change tells of it.
        score: of its latest detection; 0 without.
        track_id: its own track; 0 without.
        lay_at: where it came to rest.
        is_known: there before, or told already: not news.
        carriers: who may have put it down, with the area of the box; None until that was looked up.
        away_s: since when all of them have been away.
    """

    xyxy: Xyxy
    born_s: float
    still_s: float
    seen_s: float
    shown_s: float
    class_name: str = UNNAMED
    score: float = 0.0
    track_id: int = 0
    lay_at: Xyxy = (0.0, 0.0, 0.0, 0.0)
    is_known: bool = False
    carriers: dict[int, float] | None = None
    away_s: float | None = None
    last_gap_s: dict[int, tuple[float, bool]] = field(default_factory=dict)
    """When each carrier was last seen, and whether away."""

    @property
    def anchor(self) -> tuple[float, float]:
        """Bottom-centre of its box."""
        return ((self.xyxy[0] + self.xyxy[2]) / 2, self.xyxy[3])


class Things:
    """The things that one rule knows of."""

    def __init__(self) -> None:
        self.known: list[Thing] = []

    def observe(self, tracks: list[Track], blobs: tuple[StaticBlob, ...], now: float) -> None:
        """Take in what one frame shows and forget what has been gone for long."""
        for track in tracks:
            self._see_track(track)
        for blob in blobs:
            self._see_blob(blob, now)
        kept = [
            each
            for each in self.known
            if now - each.seen_s <= (FORGET_KNOWN_S if each.is_known else FORGET_S)
        ]
        self.known = sorted(kept, key=lambda each: each.seen_s)[-MOST_THINGS:]

    def _see_track(self, track: Track) -> None:
        thing = next((each for each in self.known if each.track_id == track.tracker_id), None)
        thing = thing or self._in_place(track.xyxy)
        if thing is None:
            now = track.seen_s
            thing = Thing(track.xyxy, track.born_s, now, now, now, lay_at=track.xyxy)
            self.known.append(thing)
        thing.xyxy, thing.seen_s, thing.shown_s = track.xyxy, track.seen_s, track.seen_s
        thing.class_name, thing.score, thing.track_id = track.class_name, track.score, track.tracker_id
        if _moved(thing.lay_at, track.xyxy) > MOVED:
            thing.lay_at, thing.still_s = track.xyxy, track.seen_s
            thing.is_known, thing.carriers, thing.away_s = False, None, None
            thing.last_gap_s.clear()

    def _see_blob(self, blob: StaticBlob, now: float) -> None:
        thing = self._in_place(blob.xyxy)
        if thing is None:
            thing = Thing(blob.xyxy, blob.born_s, blob.still_s, now, blob.still_s, lay_at=blob.xyxy)
            self.known.append(thing)
        thing.seen_s = now
        if not blob.is_hidden:
            thing.shown_s = now
        if not thing.track_id:
            thing.xyxy = blob.xyxy

    def _in_place(self, xyxy: Xyxy) -> Thing | None:
        """The thing in this place, if there is one."""
        best = max(self.known, key=lambda each: overlap(each.xyxy, xyxy), default=None)
        return best if best is not None and overlap(best.xyxy, xyxy) >= SAME_PLACE else None


def overlap(one: Xyxy, other: Xyxy) -> float:
    """Intersection over union; a box whose centre lies within the other counts as overlapping by half."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    union = area(one) + area(other) - shared
    small, large = sorted((one, other), key=area)
    x, y = (small[0] + small[2]) / 2, (small[1] + small[3]) / 2
    is_within = large[0] <= x <= large[2] and large[1] <= y <= large[3]
    share = shared / union if union > 0 else 0.0
    return max(share, 0.5 if is_within else 0.0)


def _moved(one: Xyxy, other: Xyxy) -> float:
    """Shift of the bottom-centre, as a share of the box's width and height."""
    width, height = max(one[2] - one[0], 1e-6), max(one[3] - one[1], 1e-6)
    dx = abs(one[0] + one[2] - other[0] - other[2]) / 2 / width
    dy = abs(one[3] - other[3]) / height
    return max(dx, dy)
