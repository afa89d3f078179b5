"""The shipped models give what their golden pictures promise: the self-test that an update will run."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_agent.perception.catalogue import resolve
from edge_agent.perception.detections import Detections, iou
from edge_agent.perception.litert_detector import LiteRtDetector

MODELS = Path(__file__).resolve().parents[3] / "models"
EXPECTED: dict[str, dict[str, Any]] = {
    path.parent.parent.name: json.loads(path.read_text(encoding="utf-8"))
    for path in MODELS.glob("*/golden/expected.json")
}


def looked_at(detector: LiteRtDetector, path: Path, *, upside_down: bool = False) -> Detections:
    image = np.asarray(cv2.imread(str(path)), np.uint8)
    return detector.detect(np.ascontiguousarray(image[::-1]) if upside_down else image)


def differences(name: str, picture: dict[str, Any], found: Detections, labels: tuple[str, ...]) -> list[str]:
    """What was promised and is not there, and what is there and was not promised."""
    expected = EXPECTED[name]
    names = np.array([labels[class_id] for class_id in found.class_id])
    free = np.ones(len(found), bool)
    missing: list[str] = []
    for wanted in picture["detections"]:
        box = np.array([wanted["xyxy"]], np.float32)
        fits = (
            free
            & (names == wanted["class"])
            & (iou(box, found.xyxy)[0] >= expected["min_iou"])
            & (np.abs(found.score - wanted["score"]) <= expected["score_tolerance"])
        )
        if fits.any():
            free[np.flatnonzero(fits)[0]] = False
        else:
            missing.append(f"no {wanted['class']} of score {wanted['score']} at {wanted['xyxy']}")
    extra = free & (found.score >= expected["none_else_above"])
    return missing + [f"unexpected {label}" for label in names[extra]]


@pytest.mark.parametrize(
    "wanted",
    ["ssdlite_mobilenet_v2_coco/int8", "ssdlite_mobilenet_v2_coco/fp16", "nanodet_416/int8"],
)
def test_each_variant_gives_what_the_golden_pictures_promise(wanted: str) -> None:
    name = wanted.partition("/")[0]
    golden = MODELS / name / "golden"
    detector = LiteRtDetector(resolve(wanted, (MODELS,), "litert"))
    found = {
        picture["file"]: differences(
            name, picture, looked_at(detector, golden / picture["file"]), detector.labels
        )
        for picture in EXPECTED[name]["pictures"]
    }
    assert found == {picture.name: [] for picture in golden.glob("*.jpg")}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_picture_upside_down_breaks_the_promise(name: str) -> None:
    detector = LiteRtDetector(resolve(name, (MODELS,), "litert"))
    picture = EXPECTED[name]["pictures"][0]
    found = looked_at(detector, MODELS / name / "golden" / picture["file"], upside_down=True)
    assert len(differences(name, picture, found, detector.labels)) >= len(picture["detections"])
