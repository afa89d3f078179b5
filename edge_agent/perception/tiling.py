"""Look at overlapping parts of a frame, so that small and far objects are large enough to be found.

Tiles stand side by side, each 60 % of the frame's width when there are two; the boxes are brought back to
the frame and doubles are merged. One tile is the whole frame, at no cost.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections, joined
from edge_agent.perception.detector import Detector
from edge_agent.perception.doubles import surest
from edge_agent.perception.tracker import group_ids

OVERLAP: Final = 0.2
"""How much wider a tile is than its share of the frame."""
DOUBLE: Final = 0.55
"""Boxes of one class that overlap more are one object."""
PIECE: Final = 0.7
"""A box cut off by its tile is a piece of another that holds this share of it."""
LEVEL: Final = 0.6
"""Two halves of a wide object overlap at least so much in height."""
DEFAULT_TILES: Final = 2
_EDGE: Final = 0.01

_Span = tuple[float, float]
_Mask = NDArray[np.bool_]


def spans(tiles: int) -> tuple[_Span, ...]:
    """Left and right end of each tile, as shares of the frame's width."""
    if tiles <= 1:
        return ((0.0, 1.0),)
    width = (1 + OVERLAP) / tiles
    step = (1 - width) / (tiles - 1)
    return tuple((index * step, index * step + width) for index in range(tiles))


def tiled(detector: Detector, tiles: int) -> Detector:
    """The detector itself for one tile, else one that looks at so many."""
    return detector if tiles <= 1 else TiledDetector(detector, tiles)


class TiledDetector:
    """Runs a detector on each tile of the picture; itself a detector."""

    def __init__(self, detector: Detector, tiles: int) -> None:
        self._detector = detector
        self._spans = spans(tiles)
        self._groups = group_ids(detector.labels)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._detector.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of each class id."""
        return self._detector.labels

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Boxes in a picture of shape (height, width, 3), order BGR, normalised to it."""
        width = image.shape[1]
        parts, ends = [], []
        for left, right in self._spans:
            first, last = round(left * width), round(right * width)
            found = self._detector.detect(image[:, first:last])
            scale = np.array([last - first, width, last - first, width], np.float32) / width
            shift = np.array([first / width, 0, first / width, 0], np.float32)
            parts.append(Detections(found.xyxy * scale + shift, found.class_id, found.score))
            ends.append((first / width, last / width))
        return merged(parts, tuple(ends), self._groups)


def merged(
    parts: list[Detections], ends: tuple[_Span, ...], groups: NDArray[np.int64] | None = None
) -> Detections:
    """One list of boxes for the frame out of those of its tiles.

    Pieces cut off by a tile's edge give way to the whole box of the next tile; two halves of an object wider
    than the overlap become their union; of what is still double, the surer box stays.

    Args:
        parts: detections of each tile, normalised to the whole frame.
        ends: left and right end of each tile, as shares of the frame's width.
        groups: a number for each class id, the same for classes that are taken for one another: a piece of a
            car looks like a truck. Without it each class is a group of its own.
    """
    every = joined(parts)
    cuts = [_cut(part.xyxy, *span) for part, span in zip(parts, ends, strict=True)]
    at_left, at_right = (np.concatenate([cut[side] for cut in cuts]) for side in (0, 1))
    cut = at_left | at_right
    if cut.any():
        group = every.class_id if groups is None else groups[every.class_id]
        same = group[:, None] == group[None, :]
        held = (_share_inside(every.xyxy) > PIECE) & same & ~cut[None, :]
        whole = ~(cut & held.any(axis=1))
        every = _united(every.take(whole), at_left[whole], at_right[whole], group[whole])
    return without_doubles(every)


def without_doubles(found: Detections) -> Detections:
    """Of boxes of one class that overlap more than `DOUBLE`, the surest (non-maximum suppression)."""
    return surest(found, DOUBLE)


def _cut(boxes: NDArray[np.float32], left: float, right: float) -> tuple[_Mask, _Mask]:
    """Boxes that touch the left, and the right, edge of their tile where it is not the frame's."""
    at_left = (boxes[:, 0] < left + _EDGE) & (left > 0)
    at_right = (boxes[:, 2] > right - _EDGE) & (right < 1)
    return np.asarray(at_left), np.asarray(at_right)


def _share_inside(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of each box's area that lies inside each other: (n, n), row inside column."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(shared / np.maximum(area, 1e-12)[:, None], np.float32)


def _united(found: Detections, at_left: _Mask, at_right: _Mask, group: NDArray[np.int64]) -> Detections:
    """Join what one tile's right edge cut with what the next one's left edge did, if they stand level.

    The surest pairs go first, and each end is joined once.
    """
    boxes, score, class_id = found.xyxy.copy(), found.score.copy(), found.class_id.copy()
    pairs = [
        (float(min(score[one], score[other])), one, other)
        for one in np.flatnonzero(at_right).tolist()
        for other in np.flatnonzero(at_left).tolist()
        if one != other and group[one] == group[other] and _level(boxes[one], boxes[other])
    ]
    into = np.arange(len(found))
    free_right, free_left = at_right.copy(), at_left.copy()
    for _, one, other in sorted(pairs, key=lambda pair: -pair[0]):
        if not (free_right[one] and free_left[other]):
            continue
        free_right[one] = free_left[other] = False
        first, second = int(into[one]), int(into[other])
        if first == second:
            continue
        boxes[first, :2] = np.minimum(boxes[first, :2], boxes[second, :2])
        boxes[first, 2:] = np.maximum(boxes[first, 2:], boxes[second, 2:])
        if score[second] > score[first]:
            score[first], class_id[first] = score[second], class_id[second]
        into[into == second] = first
    kept = into == np.arange(len(found))
    return Detections(boxes[kept], class_id[kept], score[kept])


def _level(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    sideways = min(one[2], other[2]) - max(one[0], other[0])
    shared = min(one[3], other[3]) - max(one[1], other[1])
    spanned = max(one[3], other[3]) - min(one[1], other[1])
    return bool(sideways > 0 and shared > LEVEL * spanned)
