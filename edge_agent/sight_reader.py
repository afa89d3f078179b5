"""Reads from each picture what the rules need beside tracks: one `Sight` a frame.

It belongs to the pipeline's thread. Only what the scene's rules ask for is looked at: pixels cost time.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Frame
from edge_agent.perception.condition import ConditionReader
from edge_agent.perception.static_objects import StaticObjects
from edge_agent.perception.tracks import Tracks
from edge_agent.perception.traits import HeadReader, TraitClassifier, rides_of
from edge_agent.rules.moment import PRESENT_S
from edge_agent.rules.sight import Condition, Sight, StaticBlob, Trait
from edge_agent.scene.errors import SceneError
from edge_agent.scene.geometry import inside
from edge_agent.scene.public_specs import Abandoned, CameraHealth, Littering
from edge_agent.scene.road_specs import NoHelmet
from edge_agent.scene.scene import Scene
from edge_agent.signal_reader import SignalFeed, SignalReader


class SightReader:
    """Looks at the pictures of one camera.

    Args:
        scene: the checked scene.
        heads: tells what a rider wears on the head, for rules on helmets; None where none is installed.
        feed: what the controllers of signals say; None where nobody listens to them, as in a replay.

    Raises:
        SceneError: the scene's reference cannot be read.
    """

    def __init__(
        self, scene: Scene, heads: TraitClassifier | None = None, feed: SignalFeed | None = None
    ) -> None:
        self._signals = SignalReader(scene, feed)
        leaving = [rule for rule in scene.rules if isinstance(rule, Littering | Abandoned)]
        self._static = StaticObjects() if leaving else None
        self._things = frozenset(name for rule in leaving for name in rule.objects)
        is_judged = any(isinstance(rule, CameraHealth) for rule in scene.rules)
        self._condition = ConditionReader(_reference(scene)) if is_judged else None
        self._helmets = [rule for rule in scene.rules if isinstance(rule, NoHelmet) and rule.model]
        self._roads = tuple(scene.zone(rule.zone).polygon for rule in self._helmets)
        least_px = min((rule.min_px for rule in self._helmets), default=0.0)
        self._heads = HeadReader(heads, min_px=least_px) if heads and self._helmets else None

    def read(self, frame: Frame, tracks: Tracks) -> Sight:
        """What this picture shows; `tracks` are those after this very frame."""
        height, width = frame.image.shape[:2]
        return Sight(
            aspect=width / height,
            lamps=self._signals.read(frame),
            blobs=self._blobs(frame, tracks),
            condition=self._condition_of(frame),
            traits=self._traits(frame, tracks),
        )

    def _traits(self, frame: Frame, tracks: Tracks) -> dict[int, tuple[Trait, ...]]:
        """What riders in the zones of the rules on helmets wear."""
        if self._heads is None:
            return {}
        rides = [
            ride
            for ride in rides_of(tracks.seen())
            if any(inside(road, ride.bike.anchor) for road in self._roads)
        ]
        ids = frozenset(track.tracker_id for track in tracks.live)
        readings = self._heads.read(frame.image, rides, ids=ids, at_s=frame.at_s)
        return {
            each.tracker_id: (Trait(each.label, each.score, each.size_px, each.at_s),) for each in readings
        }

    def _blobs(self, frame: Frame, tracks: Tracks) -> tuple[StaticBlob, ...]:
        if self._static is None:
            return ()
        hidden = [
            track.xyxy
            for track in tracks.live
            if tracks.at_s - track.seen_s <= PRESENT_S and track.class_name not in self._things
        ]
        found = self._static.look(frame.image, frame.at_s, hidden)
        return tuple(
            StaticBlob(each.number, each.xyxy, each.born_s, each.still_s, each.is_hidden) for each in found
        )

    def _condition_of(self, frame: Frame) -> Condition | None:
        if self._condition is None:
            return None
        found = self._condition.look(frame.image, frame.at_s)
        return Condition(found.is_frozen, found.brightness, found.sharpness, found.covered, found.moved)


def _reference(scene: Scene) -> NDArray[np.uint8] | None:
    """The picture of the view as it should be, where the scene has one."""
    if scene.reference is None:
        return None
    path = Path(scene.reference.image)
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SceneError(
            f"[reference], key 'image': {path} cannot be read ({error.strerror}): "
            "save a still of this camera there, or leave [reference] out"
        ) from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise SceneError(
            f"[reference], key 'image': {path} is no picture: save a still of this camera as JPEG or PNG"
        )
    return image.astype(np.uint8, copy=False)
