"""Runs the rules of a staging three ways: on perfect tracks, on worn ones, on pictures.

All three use the product's own engine; the third its whole pipeline. What a frame rate or dropped frames do
is tried by leaving moments out.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_agent.perception.detector import Detector
from edge_agent.pipeline import Pipeline
from edge_agent.rules.engine import Engine
from edge_agent.rules.facts import SceneEvent, Xyxy
from edge_agent.scene.parse import parse_scene
from staged.render import Painter
from staged.staging import HEIGHT, WIDTH, Box, Expected, Staging, moments, overlap
from staged.stand_ins import LABELS, StandIn, Wear

THINGS: Final = frozenset({"littered", "object_abandoned"})
"""Events about a thing, not about a track."""
_ALIKE: Final = 0.3


def kept_moments(staging: Staging, fps: float, dropped: float) -> tuple[float, ...]:
    """The times of the frames that arrive."""
    every = moments(staging.seconds, fps)
    if not dropped:
        return every
    rng = np.random.default_rng([staging.seed, round(fps * 100), 5])
    return tuple(at_s for at_s in every if rng.random() >= dropped)


def on_tracks(staging: Staging, wear: Wear, times: Sequence[float], seed: int = 0) -> list[Expected]:
    """What the rules tell of stand-in tracks, as events of the truth's objects (-1: of none of them)."""
    scene = parse_scene(staging.scene, staging.name)
    engine = Engine(scene, camera="staged", model="truth", labels=LABELS, classes=LABELS, always_on=True)
    stand_in = StandIn(staging, wear, seed)
    events: list[SceneEvent] = []
    for at_s in times:
        tracks, sight = stand_in.look(at_s)
        events += engine.step(tracks, None, sight)[0]
    events += engine.finish()[0]
    return [_named(staging, event, stand_in.object_of.get(event.track_id, -1)) for event in events]


def on_pictures(staging: Staging, detector: Detector, times: Sequence[float]) -> list[Expected]:
    """What the pipeline tells of the painted frames."""
    scene = parse_scene(staging.scene, staging.name)
    pipeline = Pipeline(
        scene, camera="staged", detector=detector, classes=LABELS, motion_gate=False, always_on=True
    )
    painter = Painter(staging)
    votes: dict[int, Counter[int]] = {}
    events: list[SceneEvent] = []
    for index, at_s in enumerate(times):
        step = pipeline.step(painter.frame(index, at_s), None)
        events += step.events
        for track in step.tracks.seen():
            votes.setdefault(track.tracker_id, Counter())[nearest(staging, track.xyxy, at_s)] += 1
    events += pipeline.finish()[0]
    objects = {
        tracker_id: next((one for one, _ in seen.most_common() if one > 0), -1)
        for tracker_id, seen in votes.items()
    }
    return [_named(staging, event, objects.get(event.track_id, -1)) for event in events]


def nearest(staging: Staging, xyxy: Xyxy, at_s: float) -> int:
    """The object whose box at this moment is most like this one (normalised 0-1); -1 when none is."""
    box = (xyxy[0] * WIDTH, xyxy[1] * HEIGHT, xyxy[2] * WIDTH, xyxy[3] * HEIGHT)
    likeness = [
        (_iou(box, theirs), actor.object_id)
        for actor in staging.actors
        if (theirs := actor.box(at_s)) is not None
    ]
    best, object_id = max(likeness, default=(0.0, -1))
    return object_id if best >= _ALIKE else -1


def _named(staging: Staging, event: SceneEvent, tracked: int) -> Expected:
    if event.kind in THINGS and event.xyxy is not None:
        return Expected(event.kind, nearest(staging, event.xyxy, event.at_s), event.at_s)
    return Expected(event.kind, tracked if event.track_id else 0, event.at_s)


def _iou(one: Box, other: Box) -> float:
    one = _clipped(one)
    other = _clipped(other)
    shared = overlap(one, other)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / max(areas - shared, 1e-9)


def _clipped(box: Box) -> Box:
    return (max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(WIDTH)), min(box[3], float(HEIGHT)))
