"""Keep one box of each object: greedy non-maximum suppression, class by class."""

import numpy as np

from edge_agent.perception.detections import Detections, iou


def surest(found: Detections, overlap: float) -> Detections:
    """Of boxes of one class that overlap more than `overlap`, the surest; sure boxes come first."""
    found = found.take(np.argsort(-found.score, kind="stable"))
    double = (iou(found.xyxy, found.xyxy) > overlap) & (found.class_id[:, None] == found.class_id[None, :])
    kept = np.ones(len(found), np.bool_)
    for index in range(len(found)):
        if kept[index]:
            kept[index + 1 :] &= ~double[index, index + 1 :]
    return found.take(kept)
