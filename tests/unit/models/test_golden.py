"""The shipped model gives what its golden pictures promise: the self-test that an update will run."""

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
NAME = "ssdlite_mobilenet_v2_coco"
GOLDEN = MODELS / NAME / "golden"
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


def differences(picture: dict[str, Any], found: Detections, labels: tuple[str, ...]) -> list[str]:
    """What was promised and is not there, and what is there and was not promised."""
    names = np.array([labels[class_id] for class_id in found.class_id])
    free = np.ones(len(found), bool)
    missing: list[str] = []
    for wanted in picture["detections"]:
        box = np.array([wanted["xyxy"]], np.float32)
        fits = (
            free
            & (names == wanted["class"])
            & (iou(box, found.xyxy)[0] >= EXPECTED["min_iou"])
            & (np.abs(found.score - wanted["score"]) <= EXPECTED["score_tolerance"])
        )
        if fits.any():
            free[np.flatnonzero(fits)[0]] = False
        else:
            missing.append(f"no {wanted['class']} of score {wanted['score']} at {wanted['xyxy']}")
    extra = free & (found.score >= EXPECTED["none_else_above"])
    return missing + [f"unexpected {name}" for name in names[extra]]


@pytest.mark.parametrize("variant", ["int8", "fp16"])
def test_each_variant_gives_what_the_golden_pictures_promise(variant: str) -> None:
    detector = LiteRtDetector(resolve(f"{NAME}/{variant}", (MODELS,), "litert"))
    found = {
        picture["file"]: differences(
            picture,
            detector.detect(np.asarray(cv2.imread(str(GOLDEN / picture["file"])), np.uint8)),
            detector.labels,
        )
        for picture in EXPECTED["pictures"]
    }
    assert found == {picture.name: [] for picture in GOLDEN.glob("*.jpg")}


def test_a_picture_upside_down_breaks_the_promise() -> None:
    detector = LiteRtDetector(resolve(f"{NAME}/int8", (MODELS,), "litert"))
    picture = EXPECTED["pictures"][0]
    image = np.asarray(cv2.flip(cv2.imread(str(GOLDEN / picture["file"])), 0), np.uint8)
    assert len(differences(picture, detector.detect(image), detector.labels)) >= len(picture["detections"])
