"""Does the detector see the cut-outs at all? A rule cannot be better than that, and the table says so."""

from typing import Final

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector
from edge_agent.perception.static_objects import StaticObjects, StillThing
from staged.render import Painter
from staged.stage import Stage
from staged.staging import HEIGHT, WIDTH, Box, moments, overlap

LEAST_SEEN: Final = 0.9
LEAST_SCORE: Final = 0.4
"""What the tracker joins first."""
LEAST_OVERLAP: Final = 0.5
PICTURES: Final = 24
THINGS: Final = 12
LAID_S: Final = 4.0
WATCHED_S: Final = 9.0
WATCHED_FPS: Final = 5.0
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


def things_seen(band: str, light: str, split: str) -> float:
    """Share of things, each put down somewhere, that the watcher for things finds by their pixels alone."""
    seen = 0
    for index in range(THINGS):
        stage = Stage("things", index, band, split, light)
        thing = stage.thing_of(stage.cast("person"))
        x, y = stage.between(100, WIDTH - 100), float(stage.pick([str(row) for row in stage.rows]))
        entered = stage.enter(thing, [(LAID_S, x, y), (WATCHED_S, x, y)])
        painter, watcher = Painter(stage.done(WATCHED_S, "")), StaticObjects()
        found: tuple[StillThing, ...] = ()
        for frame, at_s in enumerate(moments(WATCHED_S, WATCHED_FPS)):
            found = watcher.look(painter.picture(frame, at_s), at_s, ())
        box = entered.box(LAID_S) or (0.0, 0.0, 0.0, 0.0)
        seen += any(overlap(box, _pixels(each.xyxy)) > 0 for each in found)
    return seen / THINGS


def _pixels(xyxy: Box) -> Box:
    return (xyxy[0] * WIDTH, xyxy[1] * HEIGHT, xyxy[2] * WIDTH, xyxy[3] * HEIGHT)


def is_found(box: Box, class_name: str, found: Detections, labels: tuple[str, ...]) -> bool:
    """Whether one of the detections is this object."""
    alike = ALIKE.get(class_name, frozenset({class_name}))
    for xyxy, class_id, score in zip(
        found.xyxy.tolist(), found.class_id.tolist(), found.score.tolist(), strict=True
    ):
        if score < LEAST_SCORE or labels[class_id] not in alike:
            continue
        theirs = _pixels(xyxy)
        shared = overlap(box, theirs)
        areas = sum((each[2] - each[0]) * (each[3] - each[1]) for each in (box, theirs))
        if shared / (areas - shared) >= LEAST_OVERLAP:
            return True
    return False
