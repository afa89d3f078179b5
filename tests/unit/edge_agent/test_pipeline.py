from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.capture.frame import Frame
from edge_agent.perception.detections import Detections
from edge_agent.pipeline import Pipeline, Step
from edge_agent.rules.facts import SceneEvent
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene

LABELS = ("person", "car", "truck", "empty", "dog")
SCENE = """
[[lines]]
id = "gate"
from = [0.5, 0.1]
to = [0.5, 0.9]
[[zones]]
id = "all"
polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
[[rules]]
id = "count"
kind = "line_count"
line = "gate"
"""


@dataclass
class Square:
    """Finds the bright square in a picture, whatever class it is told."""

    class_id: int = 0
    name: str = "square/1"
    labels: tuple[str, ...] = LABELS
    calls: int = 0
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        self.calls += 1
        self.shapes.append(image.shape)
        rows, columns = np.nonzero(image[:, :, 1] > 200)
        if not len(rows):
            return Detections.none()
        height, width = image.shape[:2]
        box = (
            columns.min() / width,
            rows.min() / height,
            (columns.max() + 1) / width,
            (rows.max() + 1) / height,
        )
        return Detections(
            np.array([box], np.float32), np.array([self.class_id], np.int64), np.array([0.9], np.float32)
        )


def frame(index: int, x: int | None, *, fps: float = 10.0, width: int = 200) -> Frame:
    image = np.full((120, width, 3), 60, np.uint8)
    if x is not None:
        image[40:80, x : x + 16] = 240
    return Frame("cam", image, index, index / fps)


def pipeline(detector: Square, scene: str = SCENE, *, motion_gate: bool = True) -> Pipeline:
    ticks = iter(range(1_000_000))
    return Pipeline(
        parse_scene(scene, "s.toml"),
        camera="cam",
        detector=detector,
        motion_gate=motion_gate,
        clock=lambda: float(next(ticks)),
    )


def events_of(steps: list[Step]) -> list[SceneEvent]:
    return [event for step in steps for event in step.events]


@pytest.mark.parametrize("motion_gate", [True, False])
def test_frames_become_events(*, motion_gate: bool) -> None:
    pipe = pipeline(Square(), motion_gate=motion_gate)
    steps = [pipe.step(frame(index, 40 + 4 * index), None) for index in range(30)]
    assert [
        (event.kind, event.camera, event.model, event.direction, event.class_name)
        for event in events_of(steps)
    ] == [("line_crossed", "cam", "square/1", "backward", "person")]
    events, rows = pipe.finish()
    assert events == []
    assert {(row.class_name, row.direction): row.value for row in rows if row.value} == {
        ("person", "backward"): 1.0
    }


def test_the_gate_spares_the_detector_and_keeps_who_stands_still() -> None:
    still = Square()
    pipe = pipeline(still)
    steps = [pipe.step(frame(index, 50), None) for index in range(200)]
    assert still.calls < 60
    assert still.calls == pipe.times.detections == sum(step.detected for step in steps)
    assert pipe.times.frames == 200
    assert all(len(step.tracks.live) == 1 for step in steps)
    assert all(step.tracks.live[0].seen_s == step.tracks.at_s for step in steps)


def test_without_the_gate_every_frame_is_looked_at() -> None:
    still = Square()
    pipe = pipeline(still, motion_gate=False)
    for index in range(20):
        pipe.step(frame(index, 50), None)
    assert still.calls == 20


def test_classes_that_no_rule_is_about_are_not_tracked() -> None:
    pipe = pipeline(Square(class_id=4))
    assert pipe.step(frame(0, 50), None).tracks.live == ()


@pytest.mark.parametrize(("class_id", "expected"), [(0, 0), (1, 1), (2, 1)])
def test_what_is_easily_taken_for_a_rules_class_is_tracked(class_id: int, expected: int) -> None:
    pipe = pipeline(Square(class_id=class_id), SCENE + 'classes = ["car"]\n')
    assert expected == len(pipe.step(frame(0, 50), None).tracks.live)


def test_without_rules_the_usual_classes_are_tracked() -> None:
    pipe = pipeline(Square(), "")
    assert len(pipe.step(frame(0, 50), None).tracks.live) == 1


def test_a_camera_that_changes_its_size_starts_new_tracks_under_new_ids() -> None:
    pipe = pipeline(Square())
    first = pipe.step(frame(0, 90), None)
    second = pipe.step(frame(1, 90, width=300), None)
    assert [track.tracker_id for track in first.tracks.live] == [1]
    assert [track.tracker_id for track in second.tracks.live] == [2]


def test_every_stage_is_timed() -> None:
    pipe = pipeline(Square())
    pipe.step(frame(0, 50), None)
    times = pipe.times
    assert (times.motion_s, times.detect_s, times.track_s, times.rules_s) == (1.0, 1.0, 1.0, 1.0)
    assert times.latest_detect_s == 1.0


def test_the_detector_is_shown_where_rules_look_and_the_gate_watches_there() -> None:
    yard = """
[[zones]]
id = "yard"
polygon = [[0.1, 0.5], [0.2, 0.5], [0.2, 0.7], [0.1, 0.7]]
[[rules]]
id = "in-yard"
kind = "occupancy"
zone = "yard"
"""
    seen = Square()
    pipe = pipeline(seen, yard)
    (track,) = pipe.step(frame(0, 30), None).tracks.live
    assert track.xyxy == pytest.approx((30 / 200, 40 / 120, 46 / 200, 80 / 120), abs=1e-5)
    height, width, _ = seen.shapes[0]
    assert (height < 80, width < 80) == (True, True)
    steps = [pipe.step(frame(index, 100 + 4 * (index % 20)), None) for index in range(30, 100)]
    assert sum(step.detected for step in steps) < 20


def test_the_gate_can_be_asked_before_the_frame_is_judged() -> None:
    pipe = pipeline(Square())
    first, second = frame(0, 90), frame(1, 90)
    assert pipe.opens(first)
    assert pipe.opens(second)
    step = pipe.judge(second, None, is_open=True)
    assert (step.detected, step.tracks.at_s, pipe.times.frames) == (True, 0.1, 1)
    assert not pipe.judge(frame(2, None), None, is_open=False).detected


def test_an_unknown_class_is_refused_before_the_first_frame() -> None:
    with pytest.raises(SceneError, match="does not know bus"):
        pipeline(Square(), SCENE + 'classes = ["bus"]\n')


def test_a_rule_that_could_not_be_judged_is_told() -> None:
    scene = SCENE + 'schedule = [{ from = "22:00", to = "05:00" }]\n'
    pipe = pipeline(Square(), scene)
    pipe.step(frame(0, 50), None)
    assert pipe.suppressed == {"count": 1}
