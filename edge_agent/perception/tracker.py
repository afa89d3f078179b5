"""Join detections over time: two-stage association in the manner of ByteTrack (Zhang et al. 2022).

Sure detections are joined first, with every track; unsure ones only keep alive a track that was seen a moment
ago. Motion is constant velocity in seconds, so dropped frames and uneven rates are harmless.
Invariants: same input, same output; the number of tracks is bounded; an id is given once. Pure: no clock.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.assignment import FORBIDDEN, assign
from edge_agent.perception.detections import Detections, iou
from edge_agent.perception.lane_match import LIMIT, Followed, misfit
from edge_agent.perception.lane_prior import LaneFlow, Lanes
from edge_agent.perception.motion_model import Floats, Motion, anchors
from edge_agent.perception.tracks import Track, Tracks

_GROUPS: Final = (
    frozenset({"car", "truck", "bus", "train"}),
    frozenset({"bicycle", "motorcycle"}),
)
"""Classes that detectors confuse: within a group a track may change its mind."""


NEW_STEPS: Final = 2.2
"""A vehicle in a lane that was seen once must be seen again in the next two frames, or it was nothing."""
EDGE: Final = 0.005
"""Frame heights from the picture's edge within which a box is cut by it."""
STRAY_S: Final = 0.25
STRAY_STEPS: Final = 1.5
"""For so long, and for so many steps, a vehicle seen once is looked for where it was."""

_Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
_Matches = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
"""Tracks, detections, and which of the pairs are doubtful."""


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What may be tuned; times in seconds, thresholds on scores and overlaps 0-1.

    Attributes:
        sure: detections from here on are joined first.
        start: an unmatched detection from here on starts a track.
        unsure: detections below are ignored.
        reach: boxes grow by this share of their size on each side before they are compared.
        overlap: least overlap of grown boxes for sure detections.
        unsure_overlap: the same for unsure ones.
        recent_s: a track unseen for longer is not continued by unsure detections.
        lost_s: a track unseen for longer ends.
        young_lost_s: the same for a track with fewer than `young_hits` detections.
        young_hits: see `young_lost_s`.
        twin_overlap: of two tracks that overlap more, the younger ends.
        most: most tracks kept at once.
    """

    sure: float = 0.40
    start: float = 0.55
    unsure: float = 0.25
    reach: float = 0.3
    overlap: float = 0.2
    unsure_overlap: float = 0.6
    recent_s: float = 1.0
    lost_s: float = 2.0
    young_lost_s: float = 0.5
    young_hits: int = 3
    twin_overlap: float = 0.85
    most: int = 256


@dataclass(slots=True)
class _Book:
    """What is known of each track beside its motion; rows as in `Motion`."""

    tracker_id: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    group: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    hits: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    born_s: Floats = field(default_factory=lambda: np.zeros(0))
    seen_s: Floats = field(default_factory=lambda: np.zeros(0))
    score: Floats = field(default_factory=lambda: np.zeros(0))
    shown: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    in_lane: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    is_new: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    votes: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Forget every other track."""
        self.tracker_id, self.group, self.hits = self.tracker_id[which], self.group[which], self.hits[which]
        self.born_s, self.seen_s, self.score = self.born_s[which], self.seen_s[which], self.score[which]
        self.shown, self.votes = self.shown[which], self.votes[which]
        self.in_lane, self.is_new = self.in_lane[which], self.is_new[which]


class Tracker:
    """The tracks of one camera.

    Args:
        labels: label of each class id of the detector.
        aspect: width / height of the frames, so that lengths are alike in x and y.
        lanes: where vehicles are expected to go, and how fast; without them nothing is expected.
        settings: thresholds and times.
        first_id: id of the first track.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        *,
        aspect: float,
        lanes: Lanes | None = None,
        settings: TrackerSettings | None = None,
        first_id: int = 1,
    ) -> None:
        self._labels = labels
        self._scale = np.array([aspect, 1.0, aspect, 1.0])
        self._settings = settings or TrackerSettings()
        self._group_of = group_ids(labels)
        self._flow = LaneFlow(lanes or Lanes(), labels, aspect)
        self._motion = Motion.none()
        self._book = _Book(votes=np.zeros((0, len(labels))))
        self.next_id = first_id
        self._at_s: float | None = None
        self._step_s = 0.0

    def update(self, found: Detections, at_s: float) -> Tracks:
        """Take in the detections of a frame captured at `at_s` (later than the frame before)."""
        if self._at_s is not None:
            self._step_s = at_s - self._at_s
            self._motion.predict(at_s - self._at_s, self._flow.horizon())
        self._at_s = at_s
        boxes = found.xyxy * self._scale
        free = found.score >= self._settings.start
        if len(found) and len(self._book.tracker_id):
            rows, columns, doubtful = self._matched(found, boxes, at_s)
            self._correct(rows, columns, found, boxes, at_s)
            free[columns[~doubtful]] = False
        if free.any():
            self._start(np.flatnonzero(free), boxes, found, at_s)
        self._end(at_s)
        return self._tracks(at_s)

    def hold(self, at_s: float) -> Tracks:
        """A frame in which nothing moved: what was seen last time is still there."""
        before = self._at_s
        if before is not None:
            still = self._book.seen_s == before
            self._book.seen_s[still] = at_s
            self._book.is_new[still] = False
            self._motion.velocity[still] = 0.0
        self._at_s = at_s
        self._end(at_s)
        return self._tracks(at_s)

    def _matched(self, found: Detections, boxes: Floats, at_s: float) -> _Matches:
        """Which track was seen as which detection: sure detections first, then unsure ones."""
        settings, book = self._settings, self._book
        sure = np.flatnonzero(found.score >= settings.sure)
        if self._flow:
            rows, columns, doubtful = self._matched_by_lane(found, boxes, sure, at_s)
        else:
            everyone = np.arange(len(book.tracker_id))
            rows, columns = assign(self._apart(everyone, sure, found, boxes), 1.0 - settings.overlap)
            columns, doubtful = sure[columns], np.zeros(len(rows), np.bool_)
        unsure = np.flatnonzero((found.score >= settings.unsure) & (found.score < settings.sure))
        recent = at_s - book.seen_s <= settings.recent_s
        recent[rows] = False
        rest = np.flatnonzero(recent)
        if len(unsure) and len(rest):
            pairs = assign(self._apart(rest, unsure, found, boxes), 1.0 - settings.unsure_overlap)
            rows, columns = (
                np.concatenate([rows, rest[pairs[0]]]),
                np.concatenate([columns, unsure[pairs[1]]]),
            )
            doubtful = np.concatenate([doubtful, np.zeros(len(pairs[0]), np.bool_)])
        return rows, columns, doubtful

    def _matched_by_lane(
        self, found: Detections, boxes: Floats, sure: NDArray[np.int64], at_s: float
    ) -> _Matches:
        """Sure detections: vehicles in lanes by where they must be, then all others by overlap.

        Who was seen once and is not where the lane would have it is looked for where it was, but not among
        those that just come into the picture. What is found may still be the first sight of another vehicle,
        so such a match is doubtful: both are followed until one fails.
        """
        settings, book = self._settings, self._book
        rows, columns = self._kept_to_lanes(found, boxes, sure, at_s)
        doubtful = np.zeros(len(rows), np.bool_)
        is_left, is_free = ~book.in_lane | book.is_new, found.score >= settings.sure
        is_left[rows] = is_free[columns] = False
        left, free = np.flatnonzero(is_left), np.flatnonzero(is_free)
        if not len(left) or not len(free):
            return rows, columns, doubtful
        apart, is_new = self._apart(left, free, found, boxes), book.is_new[left]
        if is_new.any():
            was = _apart(book.shown[left], boxes[free], settings.reach)
            was[:, self._arriving(boxes[free], found.class_id[free])] = FORBIDDEN
            was[at_s - book.seen_s[left] > max(STRAY_S, STRAY_STEPS * self._step_s)] = FORBIDDEN
            apart = np.where(is_new[:, None] & (apart < FORBIDDEN), was, apart)
        pairs = assign(apart, 1.0 - settings.overlap)
        strays = is_new[pairs[0]]
        self._restart(left[pairs[0]][strays], at_s)
        return (
            np.concatenate([rows, left[pairs[0]]]),
            np.concatenate([columns, free[pairs[1]]]),
            np.concatenate([doubtful, strays]),
        )

    def _apart(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], found: Detections, boxes: Floats
    ) -> Floats:
        """How little these tracks, where they are expected, overlap with these detections."""
        cost = _apart(self._motion.boxes()[rows], boxes[columns], self._settings.reach)
        others = self._book.group[rows][:, None] != self._group_of[found.class_id[columns]][None, :]
        cost[others] = FORBIDDEN
        return cost

    def _kept_to_lanes(
        self, found: Detections, boxes: Floats, sure: NDArray[np.int64], at_s: float
    ) -> _Pairs:
        """Vehicles in lanes; those that turn out to stand are started anew."""
        book, motion = self._book, self._motion
        which = np.flatnonzero(book.in_lane)
        followed = Followed(
            motion.at[which],
            motion.velocity[which],
            motion.size[which],
            motion.at_spread[which],
            book.shown[which],
            book.hits[which],
            at_s - book.seen_s[which],
            book.is_new[which],
            self._is_cut(book.shown[which]),
        )
        cost, stands = misfit(followed, boxes[sure], self._is_cut(boxes[sure]))
        cost[book.group[which][:, None] != self._group_of[found.class_id[sure]][None, :]] = FORBIDDEN
        rows, columns = assign(cost, LIMIT, alone=LIMIT)
        self._restart(which[rows[stands[rows, columns]]], at_s)
        return which[rows], sure[columns]

    def _is_cut(self, boxes: Floats) -> NDArray[np.bool_]:
        at_edge = (boxes[:, :2] < EDGE) | (boxes[:, 2:] > self._scale[:2] - EDGE)
        return np.asarray(at_edge[:, 0] | at_edge[:, 1])

    def _arriving(self, boxes: Floats, class_id: NDArray[np.int64]) -> NDArray[np.bool_]:
        at, size = anchors(boxes)
        return self._flow.arriving(boxes, self._flow.velocities(at, size[:, 1], class_id), self._step_s)

    def _restart(self, rows: NDArray[np.int64], at_s: float) -> None:
        """These do not go with their lane."""
        if not len(rows):
            return
        self._motion.restart(rows, self._book.shown[rows], at_s - self._book.seen_s[rows])
        self._book.is_new[rows] = False

    def _correct(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        found: Detections,
        boxes: Floats,
        at_s: float,
    ) -> None:
        book, score = self._book, found.score[columns]
        self._motion.correct(rows, boxes[columns])
        book.hits[rows] += 1
        book.seen_s[rows] = at_s
        book.is_new[rows] = False
        book.score[rows] = score
        book.votes[rows, found.class_id[columns]] += score
        book.shown[rows] = self._motion.boxes()[rows]

    def _start(self, which: NDArray[np.int64], boxes: Floats, found: Detections, at_s: float) -> None:
        which = which[: max(self._settings.most - len(self._book.tracker_id), 0)]
        n = len(which)
        self._motion.add(boxes[which])
        in_lane = self._sent_along(n, found.class_id[which])
        votes = np.zeros((n, len(self._labels)))
        votes[np.arange(n), found.class_id[which]] = found.score[which]
        book, now = self._book, np.full(n, at_s)
        book.tracker_id = np.concatenate([book.tracker_id, np.arange(self.next_id, self.next_id + n)])
        book.group = np.concatenate([book.group, self._group_of[found.class_id[which]]])
        book.hits = np.concatenate([book.hits, np.ones(n, np.int64)])
        book.born_s, book.seen_s = np.concatenate([book.born_s, now]), np.concatenate([book.seen_s, now])
        book.score = np.concatenate([book.score, found.score[which]])
        book.shown = np.concatenate([book.shown, boxes[which]])
        book.votes = np.concatenate([book.votes, votes])
        book.in_lane = np.concatenate([book.in_lane, in_lane])
        book.is_new = np.concatenate([book.is_new, in_lane])
        self.next_id += n

    def _sent_along(self, n: int, class_id: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Give the n objects just added the velocity of their lane; which of them are in one."""
        if not self._flow or not n:
            return np.zeros(n, np.bool_)
        motion, first = self._motion, len(self._motion.at) - n
        velocity = self._flow.velocities(motion.at[first:], motion.size[first:, 1], class_id)
        in_lane: NDArray[np.bool_] = np.asarray(velocity.any(axis=1))
        motion.expect(first + np.flatnonzero(in_lane), velocity[in_lane], self._flow.spread)
        return in_lane

    def _end(self, at_s: float) -> None:
        book, settings = self._book, self._settings
        unseen = at_s - book.seen_s
        patience = np.where(book.hits < settings.young_hits, settings.young_lost_s, settings.lost_s)
        if self._flow:
            patience[book.is_new] = min(settings.young_lost_s, NEW_STEPS * self._step_s)
        over = (unseen > patience) | self._twins()
        if unseen.any():
            x, y = self._motion.at[:, 0], self._motion.at[:, 1] - self._motion.size[:, 1] / 2
            over |= (unseen > 0) & ((x < 0) | (x > self._scale[0]) | (y < 0) | (y > 1))
        if over.any():
            book.keep(~over)
            self._motion.keep(~over)

    def _twins(self) -> NDArray[np.bool_]:
        """Tracks that lie on an older one of their group."""
        boxes, group = self._motion.boxes(), self._book.group
        close = iou(boxes, boxes) > self._settings.twin_overlap
        rows, columns = np.nonzero(close)
        twin = np.zeros(len(boxes), np.bool_)
        is_twin = (columns < rows) & (group[rows] == group[columns]) & ~self._book.is_new[rows]
        twin[rows[is_twin]] = True
        return twin

    def _tracks(self, at_s: float) -> Tracks:
        book = self._book
        if not len(book.tracker_id):
            return Tracks(at_s, ())
        shown = np.clip(book.shown / self._scale, 0.0, 1.0).tolist()
        class_ids = book.votes.argmax(axis=1).tolist()
        rows = zip(
            book.tracker_id.tolist(),
            class_ids,
            book.score.tolist(),
            shown,
            book.born_s.tolist(),
            book.seen_s.tolist(),
            book.hits.tolist(),
            strict=True,
        )
        return Tracks(
            at_s,
            tuple(
                Track(i, c, self._labels[c], s, (x1, y1, x2, y2), ((x1 + x2) / 2, y2), b, t, h)
                for i, c, s, (x1, y1, x2, y2), b, t, h in rows
            ),
        )


def group_ids(labels: tuple[str, ...]) -> NDArray[np.int64]:
    """A group number for each class id: classes that may be taken for one another share it."""
    numbers: dict[frozenset[str], int] = {}
    members = [next((group for group in _GROUPS if label in group), frozenset({label})) for label in labels]
    return np.array([numbers.setdefault(group, len(numbers)) for group in members], np.int64)


def _apart(ours: Floats, theirs: Floats, reach: float) -> Floats:
    """What grown boxes do not share, 0-1: (n, 4) and (m, 4) give (n, m)."""
    shared: Floats = np.asarray(iou(_grown(ours, reach), _grown(theirs, reach)), np.float64)
    return 1.0 - shared


def _grown(boxes: Floats, reach: float) -> Floats:
    """Boxes with `reach` of their size added on every side."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * reach
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)
