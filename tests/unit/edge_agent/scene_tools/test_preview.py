import threading
import time
from collections.abc import Generator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.frame import Frame
from edge_agent.perception.detections import Detections
from edge_agent.scene.parse import parse_scene
from edge_agent.scene_tools.preview import Preview, PreviewProgress

SCENE = parse_scene(
    """
[[lines]]
id = "gate"
from = [0.5, 0.0]
to = [0.5, 1.0]
[[zones]]
id = "left"
polygon = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]
[[rules]]
id = "count"
kind = "line_count"
line = "gate"
[detection]
region = "frame"
[[privacy]]
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.1], [0.0, 0.1]]
""",
    "s",
)
FRAMES = 40


class WalkingDetector:
    """Sees one person who walks from left to right."""

    name = "walker"
    labels = ("person",)

    def __init__(self) -> None:
        self._step = 0

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        assert image.shape == (100, 200, 3)
        x = 0.2 + 0.6 * self._step / FRAMES
        self._step += 1
        box = np.array([[x - 0.05, 0.4, x + 0.05, 0.8]], np.float32)
        return Detections(box, np.array([0], np.int64), np.array([0.9], np.float32))


def frames(pause: threading.Event | None = None) -> Generator[Frame]:
    for index in range(FRAMES):
        if pause is not None:
            pause.wait(0.02)
        image = np.full((100, 200, 3), 30 + index % 2 * 190, np.uint8)
        yield Frame("replay", image, index, index / 10)


def ended(preview: Preview) -> PreviewProgress:
    until = time.monotonic() + 20
    while (progress := preview.progress(0)).state == "running" and time.monotonic() < until:
        time.sleep(0.01)
    return progress


def test_every_frame_is_told_with_its_objects_events_and_counts() -> None:
    preview = Preview(7, SCENE, frames, detector=WalkingDetector, classes=("person",))
    preview.start()
    done = ended(preview)
    assert (done.run, done.state, done.problem, done.total) == (7, "done", "", FRAMES)
    assert done.crossings in ({"line_crossed count backward": 1}, {"line_crossed count forward": 1})
    events = [bytes(event) for frame in done.frames for event in frame.events]
    assert len(events) + len(done.last_events) == 1
    assert (done.frames[5].zones, done.frames[-1].zones) == ({"left": 1}, {"left": 0})
    assert {seen.class_name for frame in done.frames for seen in frame.seen} == {"person"}
    assert preview.progress(FRAMES - 3).frames == done.frames[-3:]
    preview.stop()


def test_what_is_private_is_not_in_its_pictures() -> None:
    preview = Preview(1, SCENE, frames, detector=WalkingDetector, classes=("person",))
    preview.start()
    ended(preview)
    jpeg = preview.picture(1)
    assert jpeg is not None
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert (float(image[:7].mean()) < 8, float(image[20:].mean()) > 200) == (True, True)
    assert preview.picture(FRAMES) is None
    preview.stop()


def test_it_is_stopped_and_keeps_what_it_found() -> None:
    preview = Preview(
        1, SCENE, lambda: frames(threading.Event()), detector=WalkingDetector, classes=("person",)
    )
    preview.start()
    until = time.monotonic() + 20
    while preview.progress(0).total < 3 and time.monotonic() < until:
        time.sleep(0.01)
    preview.stop()
    stopped = preview.progress(0)
    assert stopped.state == "stopped"
    assert 3 <= stopped.total < FRAMES


def _broken() -> Generator[Frame]:
    raise CaptureError("the camera went away; look at its cable")
    yield


def _bug() -> Generator[Frame]:
    raise ZeroDivisionError("oops")
    yield


@pytest.mark.parametrize(
    ("source", "words"), [(_broken, "look at its cable"), (_bug, "ZeroDivisionError: oops")]
)
def test_what_ends_it_is_told(source: type[Generator[Frame]], words: str) -> None:
    preview = Preview(1, SCENE, source, detector=WalkingDetector, classes=("person",))
    preview.start()
    failed = ended(preview)
    assert (failed.state, words in failed.problem) == ("failed", True)
    preview.stop()
