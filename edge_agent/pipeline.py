"""One camera, one frame: motion → detect → track → rules.

The agent, `replay` and `bench` all step this same pipeline, so that the three never differ. It belongs to one
thread, reads no wall clock (`utc` is an argument) and keeps the time that each stage took.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from edge_agent.capture.frame import Frame
from edge_agent.lane_priors import lanes_of
from edge_agent.perception.crop import CroppedDetector
from edge_agent.perception.detector import Detector
from edge_agent.perception.motion import MotionGate
from edge_agent.perception.tracker import Tracker, group_ids
from edge_agent.perception.tracks import Tracks
from edge_agent.perception.traits import TraitClassifier
from edge_agent.rules.engine import Engine, Facts
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.scene.public_specs import looked_for
from edge_agent.scene.scene import Scene
from edge_agent.scene.watched import view_of
from edge_agent.sight_reader import SightReader
from edge_agent.signal_reader import SignalFeed

USUAL_CLASSES = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
"""What rules mean that name no class, as far as the model knows it."""


@dataclass(slots=True)
class StageTimes:
    """Seconds that each stage has taken so far, and how often.

    Attributes:
        frames: frames stepped.
        detections: frames that the motion gate let through to the detector.
        motion_s: the motion gate.
        detect_s: the detector, resizing included.
        track_s: the tracker.
        rules_s: the rules.
        latest_detect_s: the detector's latest run.
    """

    frames: int = 0
    detections: int = 0
    motion_s: float = 0.0
    detect_s: float = 0.0
    track_s: float = 0.0
    rules_s: float = 0.0
    latest_detect_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame gave.

    Attributes:
        tracks: every live track.
        events: what the rules decided.
        measurements: rows of minutes that are over.
        detected: whether the detector ran.
    """

    tracks: Tracks
    events: list[SceneEvent] = field(default_factory=list)
    measurements: list[SceneMeasurement] = field(default_factory=list)
    detected: bool = True


class Pipeline:
    """The stages of one camera.

    Args:
        scene: the checked scene.
        camera: id of the camera.
        detector: finds objects; tiled or not.
        classes: labels worth using, as the model's catalogue entry says; the usual ones when it says nothing.
        motion_gate: spare the detector while nothing moves.
        always_on: take every schedule as on; for recordings whose time nobody knows.
        heads: the second model that the scene asks for, if any.
        signals: what the controllers of traffic signals say; None where nobody listens, as in a replay.
        clock: for the stages' times only.

    Raises:
        SceneError: a rule names a class that the model does not know.
    """

    def __init__(
        self,
        scene: Scene,
        *,
        camera: str,
        detector: Detector,
        classes: tuple[str, ...] = (),
        motion_gate: bool = True,
        always_on: bool = False,
        heads: TraitClassifier | None = None,
        signals: SignalFeed | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        view = view_of(scene)
        self._detector = CroppedDetector(detector, view)
        self._clock = clock
        usual = tuple(name for name in classes or USUAL_CLASSES if name in detector.labels)
        usual = usual or tuple(label for label in detector.labels if label != "empty")
        self._engine = Engine(
            scene,
            camera=camera,
            model=detector.name,
            labels=detector.labels,
            classes=usual,
            always_on=always_on,
        )
        named = {name for rule in scene.rules for name in looked_for(rule, usual)}
        self._is_used = used_classes(detector.labels, frozenset(named or usual))
        self._sight = SightReader(scene, heads, signals)
        self._gate = MotionGate(view=view) if motion_gate else None
        self._lanes = lanes_of(scene)
        self._tracker: Tracker | None = None
        self._shape = (0, 0)
        self.times = StageTimes()

    @property
    def suppressed(self) -> dict[str, int]:
        """Frames in which a rule could not be judged, by rule."""
        return dict(self._engine.suppressed)

    def step(self, frame: Frame, utc: datetime | None) -> Step:
        """Take in a frame, later than the one before; `utc` is its wall-clock time where that is known."""
        return self.judge(frame, utc, is_open=self.opens(frame))

    def opens(self, frame: Frame) -> bool:
        """Whether the motion gate is open for a frame, later than the one before."""
        began = self._clock()
        is_open = self._gate is None or self._gate.is_open(frame.image, frame.at_s)
        self.times.motion_s += self._clock() - began
        return is_open

    def judge(self, frame: Frame, utc: datetime | None, *, is_open: bool) -> Step:
        """Everything after the gate.

        Whoever shares a detector asks the gate first and waits for a turn with it open; of the frames that
        came meanwhile only the newest is judged.
        """
        times, clock = self.times, self._clock
        times.frames += 1
        gated = clock()
        tracker = self._tracker_for(frame)
        if is_open:
            found = self._detector.detect(frame.image)
            found = found.take(self._is_used[found.class_id])
            detected = clock()
            times.latest_detect_s = detected - gated
            times.detect_s += detected - gated
            times.detections += 1
            tracks = tracker.update(found, frame.at_s)
        else:
            detected = gated
            tracks = tracker.hold(frame.at_s)
        tracked = clock()
        times.track_s += tracked - detected
        events, measurements = self._engine.step(tracks, utc, self._sight.read(frame, tracks))
        times.rules_s += clock() - tracked
        return Step(tracks, events, measurements, is_open)

    def absent(self, at_s: float, utc: datetime | None) -> Facts:
        """No frame has come until now, on the frames' clock: what that decides."""
        return self._engine.absent(at_s, utc)

    def finish(self) -> Facts:
        """What the end of the input decides: open passages, and the last minute as far as it came."""
        return self._engine.finish()

    def _tracker_for(self, frame: Frame) -> Tracker:
        """The camera's tracker; a camera that changes its picture's size starts a new one, ids going on."""
        shape = (frame.image.shape[0], frame.image.shape[1])
        if self._tracker is None or shape != self._shape:
            first_id = 1 if self._tracker is None else self._tracker.next_id
            self._tracker = Tracker(
                self._detector.labels, aspect=shape[1] / shape[0], lanes=self._lanes, first_id=first_id
            )
            self._shape = shape
        return self._tracker


def used_classes(
    labels: tuple[str, ...], names: frozenset[str]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mask over class ids: the classes named, and those that the detector may take for them."""
    groups = group_ids(labels)
    wanted = {int(groups[index]) for index, label in enumerate(labels) if label in names}
    return np.array([int(group) in wanted for group in groups], np.bool_)
