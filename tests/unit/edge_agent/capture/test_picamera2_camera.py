import inspect
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes.picamera2_recorded import BUFFERS, CompletedRequest, Picamera2

from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.picamera2_camera import Picamera2Camera, Picamera2Stream, load_picamera2
from edge_agent.capture.source import Picamera2Source

RECORDED = json.loads((Path(__file__).parents[3] / "fakes" / "picamera2_interface.json").read_text())


FIRST = Picamera2Source(0)


class Shelf:
    """Keeps the camera that was made, so that a test can look at it."""

    def __init__(self, kind: type[Picamera2] = Picamera2) -> None:
        self._kind = kind
        self.camera: Picamera2 | None = None

    def make(self, number: int) -> Picamera2:
        self.camera = self._kind(number)
        return self.camera

    def taken(self) -> Picamera2:
        assert self.camera is not None
        return self.camera


def opened(shelf: Shelf, source: Picamera2Source = FIRST, *, now_s: float = 5.0) -> Picamera2Stream:
    camera = Picamera2Camera(
        source, fps=10.0, read_timeout_s=0.01, load=lambda: shelf.make, clock=lambda: now_s
    )
    return camera.open(threading.Event())


@pytest.mark.parametrize("kind", [Picamera2, CompletedRequest])
def test_recorded_camera_has_the_signatures_of_the_real_one(kind: type) -> None:
    for method, expected in RECORDED[kind.__name__].items():
        parameters = list(inspect.signature(getattr(kind, method)).parameters.values())[1:]
        actual = [p.name if p.default is inspect.Parameter.empty else f"{p.name}=" for p in parameters]
        assert expected == actual, method


def test_frames_come_as_bgr_with_the_time_of_the_sensor() -> None:
    stream = opened(Shelf())
    times_s = [stream.advance(), stream.advance()]
    picture = stream.picture()
    assert times_s == pytest.approx([5.0, 5.033333333])
    assert (picture.shape, picture.dtype, int(picture[0, 0, 0])) == ((48, 64, 3), np.uint8, 90)


def test_size_format_and_rate_are_asked_for() -> None:
    shelf = Shelf()
    opened(shelf, Picamera2Source(0, width=640, height=480))
    assert shelf.taken().configured == {
        "use_case": "video",
        "main": {"size": (640, 480), "format": "RGB888"},
        "controls": {"FrameDurationLimits": (100_000, 100_000)},
    }


def test_buffers_are_given_back_however_long_it_runs() -> None:
    shelf = Shelf()
    stream = opened(shelf)
    for _ in range(5 * BUFFERS):
        stream.advance()
    assert shelf.taken().free == BUFFERS - 1
    stream.close()
    assert shelf.taken().free == BUFFERS
    assert shelf.taken().calls == ["start", "close"]


def test_sensor_time_of_another_clock_is_not_trusted() -> None:
    assert opened(Shelf(), now_s=1_000_000.0).advance() == 1_000_000.0


def test_camera_that_hangs_is_told_and_flushed() -> None:
    class Hanging(Picamera2):
        frames_left = 1

    shelf = Shelf(Hanging)
    stream = opened(shelf)
    stream.advance()
    with pytest.raises(CameraUnavailableError, match="sent nothing") as caught:
        stream.advance()
    assert caught.value.reason == "stalled"
    assert shelf.taken().calls == ["start", "cancel_all_and_flush"]


def test_camera_that_is_not_there_is_told() -> None:
    with pytest.raises(CameraUnavailableError, match="No camera number 3 found") as caught:
        opened(Shelf(), Picamera2Source(3))
    assert caught.value.reason == "missing"


def test_camera_that_does_not_start_is_closed_again() -> None:
    class Refusing(Picamera2):
        def start(self, config: object = None, show_preview: object = False) -> None:  # noqa: FBT002 - as recorded
            del config, show_preview
            raise RuntimeError("out of memory")

    shelf = Shelf(Refusing)
    with pytest.raises(CameraUnavailableError, match="does not start") as caught:
        opened(shelf)
    assert caught.value.reason == "busy"
    assert shelf.taken().calls == ["close"]


def test_picture_before_the_first_frame_is_refused() -> None:
    with pytest.raises(CameraUnavailableError, match="no picture yet"):
        opened(Shelf()).picture()


def test_machine_without_picamera2_says_how_to_install_it() -> None:
    with pytest.raises(CameraUnavailableError, match="apt install python3-picamera2"):
        load_picamera2()
