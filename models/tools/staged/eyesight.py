"""Does the detector see the cut-outs at all? A rule cannot be better than that, and the table says so."""

from typing import Final

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector
from staged.render import Painter
from staged.stage import Stage
from staged.staging import HEIGHT, WIDTH, Box, overlap

LEAST_SEEN: Final = 0.9
LEAST_SCORE: Final = 0.4
"""What the tracker joins first."""
LEAST_OVERLAP: Final = 0.5
PICTURES: Final = 24
ALIKE: Final = {
    "car": frozenset({"car", "truck", "bus"}),
    "bus": frozenset({"car", "truck", "bus"}),
    "bicycle": frozenset({"bicycle", "motorcycle"}),
    "motorcycle": frozenset({"bicycle", "motorcycle"}),
}


def seen_share(class_name: str, band: str, light: str, split: str, detector: Detector) -> float:
    """Share of single pictures, each with one object somewhere, in which the detector finds it."""
    seen = 0
    for index in range(PICTURES):
        stage = Stage("eyesight", index, band, split, light)
        actor = stage.cast(class_name)
        x = stage.between(actor.width / 2, WIDTH - actor.width / 2)
        y = stage.pick([str(row) for row in stage.rows])
        entered = stage.enter(actor, [(0.0, x, float(y)), (1.0, x, float(y))], mirrored=index % 2 == 0)
        staging = stage.done(1.0, "")
        found = detector.detect(Painter(staging).picture(0, 0.0))
        box = entered.box(0.0)
        seen += box is not None and is_found(box, class_name, found, detector.labels)
    return seen / PICTURES


def is_found(box: Box, class_name: str, found: Detections, labels: tuple[str, ...]) -> bool:
    """Whether one of the detections is this object."""
    alike = ALIKE.get(class_name, frozenset({class_name}))
    for xyxy, class_id, score in zip(
        found.xyxy.tolist(), found.class_id.tolist(), found.score.tolist(), strict=True
    ):
        if score < LEAST_SCORE or labels[class_id] not in alike:
            continue
        theirs = (xyxy[0] * WIDTH, xyxy[1] * HEIGHT, xyxy[2] * WIDTH, xyxy[3] * HEIGHT)
        shared = overlap(box, theirs)
        areas = sum((each[2] - each[0]) * (each[3] - each[1]) for each in (box, theirs))
        if shared / (areas - shared) >= LEAST_OVERLAP:
            return True
    return False
