from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes.scripted_camera import ScriptedCamera, Step

from edge_agent.capture.camera import Image
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.doctor.camera import Watched, check_camera, judge, watch
from edge_agent.doctor.finding import Finding
from fleet.wire.node_config import CameraSection

GATE = CameraSection(id="gate", source="file:gate.mp4", scene="gate.toml", fps=10.0)
CHEQUERED = (np.indices((180, 320)).sum(axis=0) // 8 % 2 * 200).astype(np.uint8)[..., None].repeat(3, axis=2)


class StepClock:
    """Moves on whenever a frame is delivered."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s

    def after(self, seconds: float) -> Callable[[], float]:
        def step() -> float:
            self.now_s += seconds
            return self.now_s

        return step


def test_rate_is_measured_after_the_buffers_have_run_dry() -> None:
    clock = StepClock()
    burst: list[Step] = [clock.after(0.001) for _ in range(60)]
    camera = ScriptedCamera([clock.after(2.0), *burst, *[clock.after(0.1) for _ in range(60)]])
    watched = watch(camera, clock)
    assert watched is not None
    assert watched.first_after_s == pytest.approx(2.0)
    assert watched.fps == pytest.approx(10.0, rel=0.05)
    assert camera.streams[0].closed.is_set()


def test_file_that_ends_before_it_can_be_measured_has_no_rate() -> None:
    clock = StepClock()
    watched = watch(ScriptedCamera([clock.after(0.1), clock.after(0.1), None]), clock)
    assert watched is not None
    assert watched.fps is None


def test_camera_that_ends_at_once_shows_nothing() -> None:
    assert watch(ScriptedCamera([None]), StepClock()) is None
    assert judge(GATE, "file:gate.mp4", None).outcome == "no_picture"


def test_camera_that_fails_while_it_is_watched_is_closed() -> None:
    clock = StepClock()
    camera = ScriptedCamera([clock.after(0.1), CameraUnavailableError("stalled", "it is gone", "look")])
    with pytest.raises(CameraUnavailableError):
        watch(camera, clock)
    assert camera.streams[0].closed.is_set()


@pytest.mark.parametrize(
    ("first_after_s", "fps", "image", "outcome"),
    [
        (1.0, 10.0, CHEQUERED, "ok"),
        (1.0, None, CHEQUERED, "ok"),
        (11.0, 10.0, CHEQUERED, "late"),
        (1.0, 6.9, CHEQUERED, "slow"),
        (1.0, 10.0, CHEQUERED // 20, "dark"),
        (1.0, 10.0, np.full_like(CHEQUERED, 120), "blurred"),
    ],
)
def test_what_was_seen_is_judged(first_after_s: float, fps: float | None, image: Image, outcome: str) -> None:
    assert judge(GATE, "file:gate.mp4", Watched(first_after_s, fps, image)).outcome == outcome


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("http://x", "bad_source"),
        ("file:/no/such/clip.mp4", "missing"),
        ("v4l2:/dev/video-none", "missing"),
        ("rtsp://127.0.0.1:1/x", "unreachable"),
    ],
)
def test_camera_that_does_not_open_is_told_by_its_reason(source: str, outcome: str) -> None:
    section = CameraSection(id="gate", source=source, scene="gate.toml")
    assert check_camera(section).outcome == outcome


def test_detail_does_not_say_the_source_again(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("no video")
    finding = check_camera(CameraSection(id="gate", source="rtsp://u:pw@127.0.0.1:1/x", scene="s"))
    assert finding == Finding(
        "CAMERA",
        "unreachable",
        "gate",
        {"source": "rtsp://u:***@127.0.0.1:1/x", "detail": "127.0.0.1 refuses connections on port 1"},
    )
