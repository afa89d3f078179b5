import threading
import time
from pathlib import Path

import pytest
from fakes.clips import write_clip

from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.file_camera import FileCamera
from edge_agent.capture.source import FileSource


class SteppingClock:
    """A clock that stands still unless told, so that paces can be checked without waiting."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class TurningEvent(threading.Event):
    """An event whose waits move the clock instead of taking time."""

    def __init__(self, clock: SteppingClock) -> None:
        super().__init__()
        self._clock = clock
        self.waits_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits_s.append(timeout or 0.0)
        self._clock.now_s += timeout or 0.0
        return self.is_set()


def test_file_plays_at_its_own_speed_and_ends(tmp_path: Path) -> None:
    clock = SteppingClock()
    stream = FileCamera(FileSource(write_clip(tmp_path / "c.avi", frames=5, fps=4)), clock=clock).open(
        TurningEvent(clock)
    )
    times_s = [stream.advance() for _ in range(6)]
    stream.close()
    assert times_s == pytest.approx([1000.0, 1000.25, 1000.5, 1000.75, 1001.0, None])


def test_looping_file_starts_again_one_frame_after_its_last(tmp_path: Path) -> None:
    clock = SteppingClock()
    source = FileSource(write_clip(tmp_path / "c.avi", frames=2, fps=4), loop=True)
    stream = FileCamera(source, clock=clock).open(TurningEvent(clock))
    times_s, levels = [], []
    for _ in range(5):
        times_s.append(stream.advance())
        levels.append(round(float(stream.picture().mean()), -1))
    stream.close()
    assert times_s == pytest.approx([1000.0, 1000.25, 1000.5, 1000.75, 1001.0])
    assert levels == [0, 10, 0, 10, 0]


def test_machine_that_fell_behind_goes_on_from_now(tmp_path: Path) -> None:
    clock = SteppingClock()
    stream = FileCamera(FileSource(write_clip(tmp_path / "c.avi", frames=3, fps=4)), clock=clock).open(
        TurningEvent(clock)
    )
    first_s = stream.advance()
    clock.now_s += 60.0
    late_s, next_s = stream.advance(), stream.advance()
    stream.close()
    assert (first_s, late_s, next_s) == pytest.approx((1000.0, 1060.0, 1060.25))


def test_stop_ends_the_wait_for_a_frame(tmp_path: Path) -> None:
    stopped = threading.Event()
    stream = FileCamera(FileSource(write_clip(tmp_path / "c.avi", frames=2, fps=0.1))).open(stopped)
    stream.advance()
    threading.Timer(0.05, stopped.set).start()
    began_s = time.monotonic()
    assert stream.advance() is None
    assert time.monotonic() - began_s < 5.0
    stream.close()


def test_missing_file_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(CameraUnavailableError, match=r"there is no video file .*gone\.mp4") as caught:
        FileCamera(FileSource(tmp_path / "gone.mp4")).open(threading.Event())
    assert caught.value.reason == "missing"


def test_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("no video\n" * 100)
    with pytest.raises(CameraUnavailableError, match="not a video that can be read") as caught:
        FileCamera(FileSource(path)).open(threading.Event())
    assert caught.value.reason == "no_picture"


def test_label_names_the_file() -> None:
    assert FileCamera(FileSource(Path("a.mp4"))).label == "file:a.mp4"
