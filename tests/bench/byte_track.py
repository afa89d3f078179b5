"""ByteTrack as published, with its defaults: the plain peer of the lane benchmark.

Written after Zhang et al. 2022 (arXiv 2110.06864) and the defaults of the authors' own tracker (MIT): a
Kalman filter of constant velocity over (centre x, centre y, aspect, height) in pixels and frames, three
associations by IoU (sure boxes with score fused in, limit 0.8; unsure boxes, 0.5; unconfirmed tracks, 0.7),
a buffer of 30 frames at 30 fps, and duplicates by IoU > 0.85. It counts frames and knows no seconds.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from edge_agent.perception.detections import Detections, iou
from edge_agent.perception.tracks import Track, Tracks

Floats = NDArray[np.float64]

SURE: Final = 0.5
UNSURE: Final = 0.1
START: Final = SURE + 0.1
LIMIT: Final = 0.8
UNSURE_LIMIT: Final = 0.5
UNCONFIRMED_LIMIT: Final = 0.7
DUPLICATE: Final = 0.15
BUFFER_AT_30_FPS: Final = 30
POSITION_WEIGHT: Final = 1 / 20
VELOCITY_WEIGHT: Final = 1 / 160

_MOVE: Final = np.eye(8) + np.eye(8, k=4)


@dataclass(slots=True, eq=False)
class _Path:
    """One track of ByteTrack: its Kalman state and its book."""

    mean: Floats
    covariance: Floats
    class_id: int
    score: float
    born_s: float
    seen_s: float
    frame: int
    start_frame: int
    tracker_id: int
    is_confirmed: bool
    is_lost: bool = False
    hits: int = 1

    def predict(self) -> None:
        if self.is_lost:
            self.mean[7] = 0.0
        height = self.mean[3]
        position, velocity = POSITION_WEIGHT * height, VELOCITY_WEIGHT * height
        noise = [position, position, 1e-2, position, velocity, velocity, 1e-5, velocity]
        self.mean = _MOVE @ self.mean
        self.covariance = _MOVE @ self.covariance @ _MOVE.T + np.diag(np.square(noise))

    def correct(self, box: Floats) -> None:
        noise = POSITION_WEIGHT * self.mean[3]
        innovation = self.covariance[:4, :4] + np.diag(np.square([noise, noise, 1e-1, noise]))
        gain = np.linalg.solve(innovation, self.covariance[:, :4].T).T
        self.mean = self.mean + gain @ (_xyah(box) - self.mean[:4])
        self.covariance = self.covariance - gain @ innovation @ gain.T

    @property
    def box(self) -> Floats:
        x, y, ratio, height = self.mean[:4]
        width = ratio * height
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def _xyah(box: Floats) -> Floats:
    width, height = box[2] - box[0], box[3] - box[1]
    return np.array([box[0] + width / 2, box[1] + height / 2, width / height, height])


@dataclass(slots=True)
class _Joined:
    """Which paths met which boxes, and who was left."""

    pairs: list[tuple[_Path, int]] = field(default_factory=list)
    paths: list[_Path] = field(default_factory=list)
    boxes: list[int] = field(default_factory=list)


class ByteTrack:
    """The tracks of one camera, for comparison only.

    Args:
        labels: label of each class id.
        fps: frames a second, for the buffer.
        width: of the picture in pixels.
        height: the same.
    """

    def __init__(self, labels: tuple[str, ...], *, fps: float, width: int = 1280, height: int = 720) -> None:
        self._labels = labels
        self._scale = np.array([width, height, width, height], np.float64)
        self._buffer = int(fps / 30 * BUFFER_AT_30_FPS)
        self._tracked: list[_Path] = []
        self._lost: list[_Path] = []
        self._frame = 0
        self._next_id = 1

    def update(self, found: Detections, at_s: float) -> Tracks:
        """Take in the detections of the next frame."""
        self._frame += 1
        boxes = found.xyxy * self._scale
        confirmed = [path for path in self._tracked if path.is_confirmed]
        unconfirmed = [path for path in self._tracked if not path.is_confirmed]
        pool = confirmed + self._lost
        for path in pool:
            path.predict()
        sure = [i for i in range(len(found)) if found.score[i] > SURE]
        unsure = [i for i in range(len(found)) if UNSURE < found.score[i] < SURE]
        first = _associate(pool, sure, boxes, LIMIT, found.score)
        second = _associate([p for p in first.paths if not p.is_lost], unsure, boxes, UNSURE_LIMIT, None)
        third = _associate(unconfirmed, first.boxes, boxes, UNCONFIRMED_LIMIT, found.score)
        for path, box in first.pairs + second.pairs + third.pairs:
            self._saw(path, boxes[box], found, box, at_s)
        for path in second.paths:
            path.is_lost = True
        gone = set(map(id, third.paths))
        paths = [path for path in self._tracked + self._lost if id(path) not in gone]
        paths += [
            self._born(boxes[box], found, box, at_s) for box in third.boxes if found.score[box] >= START
        ]
        paths = [path for path in paths if not path.is_lost or self._frame - path.frame <= self._buffer]
        self._sort(paths)
        return self._tracks(at_s)

    def _saw(self, path: _Path, box: Floats, found: Detections, index: int, at_s: float) -> None:
        path.correct(box)
        path.is_confirmed, path.is_lost = True, False
        path.frame, path.seen_s, path.score = self._frame, at_s, float(found.score[index])
        path.hits += 1

    def _born(self, box: Floats, found: Detections, index: int, at_s: float) -> _Path:
        mean = np.concatenate([_xyah(box), np.zeros(4)])
        position, velocity = 2 * POSITION_WEIGHT * mean[3], 10 * VELOCITY_WEIGHT * mean[3]
        spread = [position, position, 1e-2, position, velocity, velocity, 1e-5, velocity]
        path = _Path(
            mean, np.diag(np.square(spread)), int(found.class_id[index]), float(found.score[index]),
            at_s, at_s, self._frame, self._frame, self._next_id, is_confirmed=self._frame == 1,
        )  # fmt: skip
        self._next_id += 1
        return path

    def _sort(self, paths: list[_Path]) -> None:
        """Tracked and lost paths; of two that lie on each other the one that was followed longer stays."""
        tracked = [path for path in paths if not path.is_lost]
        lost = [path for path in paths if path.is_lost]
        drop: set[int] = set()
        if tracked and lost:
            distance = 1 - iou(np.array([p.box for p in tracked]), np.array([p.box for p in lost]))
            for i, j in zip(*np.nonzero(distance < DUPLICATE), strict=True):
                ages = tracked[i].frame - tracked[i].start_frame, lost[j].frame - lost[j].start_frame
                drop.add(id(lost[j]) if ages[0] > ages[1] else id(tracked[i]))
        self._tracked = [path for path in tracked if id(path) not in drop]
        self._lost = [path for path in lost if id(path) not in drop]

    def _tracks(self, at_s: float) -> Tracks:
        live = sorted(self._tracked + self._lost, key=lambda path: path.tracker_id)
        return Tracks(at_s, tuple(self._track(path) for path in live if path.is_confirmed))

    def _track(self, path: _Path) -> Track:
        x1, y1, x2, y2 = np.clip(path.box / self._scale, 0.0, 1.0).tolist()
        return Track(
            path.tracker_id, path.class_id, self._labels[path.class_id], path.score, (x1, y1, x2, y2),
            ((x1 + x2) / 2, y2), path.born_s, path.seen_s, path.hits,
        )  # fmt: skip


def _associate(
    paths: list[_Path], boxes: list[int], all_boxes: Floats, limit: float, score: NDArray[np.float32] | None
) -> _Joined:
    """The assignment that saves most against leaving both alone, as `lap.lapjv(cost_limit=…)` does."""
    if not paths or not boxes:
        return _Joined([], list(paths), list(boxes))
    similar = iou(np.array([path.box for path in paths]), all_boxes[boxes])
    cost = 1 - (similar if score is None else similar * score[boxes])
    n, m = cost.shape
    padded = np.full((n + m, n + m), limit / 2)
    padded[n:, m:] = 0.0
    padded[:n, :m] = cost
    rows, columns = linear_sum_assignment(padded)
    joined = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if r < n and c < m}
    taken = set(joined.values())
    return _Joined(
        [(paths[row], boxes[column]) for row, column in joined.items()],
        [path for row, path in enumerate(paths) if row not in joined],
        [box for column, box in enumerate(boxes) if column not in taken],
    )
