"""Cameras on one detector: fair shares, every frame accounted for, and a fault that stays with its camera.

The cameras are real video files on their own threads; the detector only sleeps, so a busy machine changes
little.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import pytest
from fakes.clips import write_clip
from numpy.typing import NDArray

from edge_agent.agent.camera_worker import CameraWorker
from edge_agent.agent.shared_detector import DetectorPool
from edge_agent.capture.camera_status import CameraStatus
from edge_agent.control.inference_times import InferenceTimes
from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.recorder import Recorder
from edge_agent.outbox.seal import ClockReading
from edge_agent.perception.detections import Detections
from edge_agent.signals.feeds import SignalFeeds
from fleet.wire.node_config import CameraSection

FPS = 20.0


@dataclass
class Sleeper:
    """Takes its time and finds nothing; a picture that is darker than `poison` breaks it."""

    takes_s: float
    poison: float = -1.0
    name: str = "sleeper/1"
    labels: tuple[str, ...] = ("person",)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        time.sleep(self.takes_s)
        if image.mean() < self.poison:
            raise RuntimeError("the delegate has gone away")
        return Detections.none()


@dataclass
class Box:
    """Cameras of one box, and how often its detector was loaded."""

    folder: Path
    takes_s: float
    poison: float = -1.0
    loads: int = 0
    workers: dict[str, CameraWorker] = field(default_factory=dict)

    def load(self) -> tuple[Sleeper, tuple[str, ...]]:
        self.loads += 1
        return Sleeper(self.takes_s, self.poison), ()

    def statuses(self) -> dict[str, CameraStatus]:
        now_s = time.monotonic()
        found = {name: worker.status(now_s) for name, worker in self.workers.items()}
        return {name: status for name, status in found.items() if status is not None}

    def wait(self, holds: Callable[[dict[str, CameraStatus]], bool]) -> dict[str, CameraStatus]:
        until_s = time.monotonic() + 20
        while not holds(found := self.statuses()):
            assert time.monotonic() < until_s, found
            time.sleep(0.02)
        return found


@contextmanager
def running(box: Box, **sources: Path) -> Iterator[Box]:
    (box.folder / "scene.toml").write_text("")
    outbox = Outbox(box.folder / "o.sqlite", quota_bytes=2**22)
    recorder = Recorder(outbox, lambda: ClockReading(0, 0, "b"))
    pool = DetectorPool(box.load)
    box.workers = {
        name: CameraWorker(
            CameraSection(name, f"file:{path}?loop=1", str(box.folder / "scene.toml"), FPS),
            pool=pool,
            recorder=recorder,
            inference=InferenceTimes(),
            motion_gate=False,
            signals=lambda scene, camera: SignalFeeds(scene, camera, None, rng=Random(1)),
            utc_of=lambda _: None,
            alive=lambda: None,
            rng=Random(1),
        )
        for name, path in sources.items()
    }
    recorder.start()
    for worker in box.workers.values():
        worker.start()
    yield box
    for worker in box.workers.values():
        worker.ask_to_stop()
    for worker in box.workers.values():
        worker.stop()
    recorder.stop(2.0)
    outbox.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.avi", frames=20, fps=FPS)


def test_an_overloaded_detector_is_shared_and_every_frame_is_accounted_for(
    tmp_path: Path, clip: Path
) -> None:
    with running(Box(tmp_path, takes_s=0.05), one=clip, two=clip, three=clip) as box:
        box.wait(lambda found: sum(each.detected for each in found.values()) >= 18)
        state = box.workers["one"].state(time.monotonic() + 2)
    found = box.statuses()
    shares = [each.detected / each.frames for each in found.values()]
    assert min(shares) > 0.6 * max(shares)
    assert max(shares) < 0.8
    assert "of its frames were looked at" in state.detail
    assert state.status == "online"
    for each in found.values():
        told = each.detected + each.gate_closed + each.dropped + each.failed
        assert each.frames - 1 <= told <= each.frames
        assert 0 < each.over_budget <= each.dropped
        assert each.replaced == each.dropped - each.over_budget


def test_a_detector_with_time_enough_looks_at_every_frame(tmp_path: Path, clip: Path) -> None:
    with running(Box(tmp_path, takes_s=0.001), one=clip, two=clip) as box:
        found = box.wait(lambda found: len(found) == 2 and min(each.frames for each in found.values()) >= 10)
        assert [worker.state(time.monotonic() + 2).detail for worker in box.workers.values()] == ["", ""]
    assert min(each.detected / each.frames for each in found.values()) >= 0.8


def test_a_camera_whose_pictures_break_the_detector_is_alone_with_it(tmp_path: Path, clip: Path) -> None:
    dark = write_clip(tmp_path / "dark.avi", frames=1, fps=FPS)
    with running(Box(tmp_path, takes_s=0.005, poison=5.0), good=clip, bad=dark) as box:
        box.wait(lambda found: "bad" in found and found["bad"].failed >= 1 and found["good"].detected >= 10)
        states = {name: worker.state(time.monotonic()) for name, worker in box.workers.items()}
        status = box.statuses()["good"]
    assert (states["bad"].status, states["good"].status) == ("offline", "online")
    assert "its pipeline failed" in states["bad"].detail
    assert box.loads >= 2
    # Frame 0 of the good clip is dark too, once in twenty.
    assert status.detected >= 5 * max(status.failed, 1)


def test_a_camera_without_a_source_or_scene_costs_the_others_nothing(tmp_path: Path, clip: Path) -> None:
    with running(Box(tmp_path, takes_s=0.001), good=clip, gone=tmp_path / "none.avi") as box:
        found = box.wait(
            lambda found: found.get("good") is not None and found["good"].detected >= 10 and "gone" in found
        )
        state = box.workers["gone"].state(time.monotonic())
    assert found["good"].failed == 0
    assert found["gone"].frames == 0
    assert "none.avi" in state.detail
