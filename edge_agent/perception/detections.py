"""What a detector found in one frame.

Invariants: the three arrays have the same length; boxes are `xyxy`, normalised to the frame, origin
top-left, x1 < x2 and y1 < y2. Neighbours: detectors make them, tiling merges them, the tracker joins them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes, classes and scores of one frame.

    Attributes:
        xyxy: float32, shape (n, 4), normalised 0-1.
        class_id: int64, shape (n,); the labels are the detector's (`Detector.labels[class_id]`).
        score: float32, shape (n,), 0-1.
    """

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    score: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of boxes."""
        return len(self.score)

    @classmethod
    def none(cls) -> Self:
        """No boxes at all."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Detections":
        """The boxes that a mask or an index array names, in its order."""
        return Detections(self.xyxy[which], self.class_id[which], self.score[which])


def joined(parts: list[Detections]) -> Detections:
    """The boxes of several detections of one frame, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Detections(
        np.concatenate([part.xyxy for part in parts]),
        np.concatenate([part.class_id for part in parts]),
        np.concatenate([part.score for part in parts]),
    )


def iou(ours: Boxes, theirs: Boxes) -> Boxes:
    """Intersection over union of every box with every other: (n, 4) and (m, 4) give (n, m)."""
    left, top, right, bottom = ours.T[:, :, None]
    their_left, their_top, their_right, their_bottom = theirs.T
    width = np.minimum(right, their_right) - np.maximum(left, their_left)
    height = np.minimum(bottom, their_bottom) - np.maximum(top, their_top)
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    areas = (right - left) * (bottom - top) + (their_right - their_left) * (their_bottom - their_top)
    return np.asarray(shared / np.maximum(areas - shared, 1e-12), shared.dtype)
