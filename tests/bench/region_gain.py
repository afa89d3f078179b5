"""What it gains to show the detector only the part of the picture where rules look.

    python tests/bench/region_gain.py

One JSON line a row: of the people labelled by eye in every tenth frame of pedestrians.mp4
(tests/data/tracking) who stand in a zone, the share that the detector finds (score 0.4, overlap 0.5), with
the whole picture and with the crop, each with one and two tiles; `extra` are boxes that are nobody. `px` is
their median height. At `view` 2 the picture is staged as a wider view: half its size, in the middle of its
own reflection, so that people are half as high.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.replay import Replay
from edge_agent.perception.crop import CroppedDetector
from edge_agent.perception.detections import iou
from edge_agent.perception.detector import Detector
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.tiling import tiled
from edge_agent.perception.view import View
from edge_agent.replay import find_model
from edge_agent.scene.geometry import Polygon, inside
from edge_agent.scene.rule_specs import Occupancy
from edge_agent.scene.scene import Scene, Zone
from edge_agent.scene.watched import view_of

ROOT: Final = Path(__file__).resolve().parents[2]
CLIP: Final = ROOT / "provisioning" / "demo" / "pedestrians.mp4"
TRUTH: Final = ROOT / "tests" / "data" / "tracking" / "truth.txt"
ZONES: Final[dict[str, Polygon]] = {
    "far path": ((0.28, 0.30), (0.60, 0.30), (0.60, 0.48), (0.28, 0.48)),
    "crossing": ((0.62, 0.33), (0.90, 0.33), (0.90, 0.60), (0.62, 0.60)),
}
SCORE: Final = 0.4
OVERLAP: Final = 0.5
Boxes = NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """One frame and the boxes of its people, normalised."""

    image: NDArray[np.uint8]
    boxes: Boxes


def labelled() -> list[Labelled]:
    """The frames that were labelled by eye."""
    boxes: dict[int, list[list[float]]] = {}
    with TRUTH.open(encoding="utf-8") as lines:
        for frame, _, left, top, width, height, *_ in csv.reader(lines):
            x, y, w, h = (float(each) for each in (left, top, width, height))
            boxes.setdefault(int(frame), []).append([x, y, x + w, y + h])
    found = []
    with Replay(CLIP) as replay:
        for frame in replay:
            if frame.index + 1 in boxes:
                height, width = frame.image.shape[:2]
                size = np.array([width, height, width, height], np.float32)
                found.append(Labelled(frame.image, np.array(boxes[frame.index + 1], np.float32) / size))
    return found


def wider(one: Labelled) -> Labelled:
    """The same in the middle of a view twice as wide and high, in as many pixels."""
    height, width = one.image.shape[:2]
    small = cv2.resize(one.image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    bottom, right = height - small.shape[0] - top, width - small.shape[1] - left
    image = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REFLECT)
    return Labelled(image.astype(np.uint8, copy=False), one.boxes / 2 + np.float32(0.25))


def found_in(zone: Polygon, detector: Detector, frames: list[Labelled]) -> tuple[int, int, int]:
    """People in a zone, those found, and what was found beside them."""
    people = hits = extra = 0
    for frame in frames:
        found = detector.detect(frame.image)
        is_person = np.array([detector.labels[index] == "person" for index in found.class_id], np.bool_)
        found = found.take(is_person & (found.score >= SCORE))
        truth = within(zone, frame.boxes)
        people += len(truth)
        overlap = iou(frame.boxes, found.xyxy) if len(found) else np.zeros((len(frame.boxes), 0))
        joined = overlap >= OVERLAP
        hits += int(joined[[inside(zone, anchor(box)) for box in frame.boxes]].any(axis=1).sum())
        lonely = found.take(~joined.any(axis=0))
        extra += len(within(zone, lonely.xyxy))
    return people, hits, extra


def within(zone: Polygon, boxes: Boxes) -> Boxes:
    """Boxes that stand in a zone."""
    return boxes[[inside(zone, anchor(box)) for box in boxes]] if len(boxes) else boxes


def anchor(box: Boxes) -> tuple[float, float]:
    """Where a box stands."""
    return float((box[0] + box[2]) / 2), float(box[3])


def rows() -> Iterator[dict[str, object]]:
    """Every zone, view and way of looking."""
    detector = LiteRtDetector(find_model("ssdlite_mobilenet_v2_coco"), threads=1)
    near = labelled()
    for view, frames in ((1, near), (2, [wider(each) for each in near])):
        for name, corners in ZONES.items():
            zone: Polygon = corners if view == 1 else tuple((x / 2 + 0.25, y / 2 + 0.25) for x, y in corners)
            scene = Scene(zones=(Zone("zone", zone),), rules=(Occupancy(id="load", zone="zone"),))
            heights = [
                float(box[3] - box[1]) * frames[0].image.shape[0]
                for frame in frames
                for box in within(zone, frame.boxes)
            ]
            for tiles in (1, 2):
                for shown, what in ((View(is_whole=True), "frame"), (view_of(scene), "auto")):
                    people, hits, extra = found_in(
                        zone, CroppedDetector(tiled(detector, tiles), shown), frames
                    )
                    yield {
                        "bench": "region_gain",
                        "view": view,
                        "zone": name,
                        "px": round(float(np.median(heights))),
                        "tiles": tiles,
                        "region": what,
                        "people": people,
                        "recall": round(hits / people, 3),
                        "extra": extra,
                    }


def main() -> None:
    for row in rows():
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
