"""A Raspberry Pi camera through libcamera and `picamera2`.

`picamera2` comes from Raspberry Pi OS (apt) and imports only on a Pi, so it is imported when the camera is
opened. Written against picamera2 0.3.38; `tests/fakes/picamera2` records the interface that is used.
"""

import importlib
import threading
import time
from collections.abc import Callable
from typing import Protocol, cast

import numpy as np

from edge_agent.capture.camera import Image
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.source import Picamera2Source

_FORMAT = "RGB888"  # libcamera names formats by word order: in memory this is B, G, R
_STREAM = "main"
_SAME_CLOCK_S = 60.0


class _Request(Protocol):
    def make_array(self, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]: ...
    def get_metadata(self) -> dict[str, object]: ...
    def release(self) -> None: ...


class _Picamera2(Protocol):
    def create_video_configuration(
        self, *, main: dict[str, object], controls: dict[str, object]
    ) -> object: ...
    def configure(self, camera_config: object) -> None: ...
    def start(self) -> None: ...
    def capture_request(self, wait: float) -> _Request: ...
    def cancel_all_and_flush(self) -> None: ...
    def close(self) -> None: ...


Picamera2Factory = Callable[[int], _Picamera2]


def load_picamera2() -> Picamera2Factory:
    """The real class.

    Raises:
        CameraUnavailableError: it is not installed here.
    """
    try:
        module = importlib.import_module("picamera2")
    except ImportError as error:
        raise CameraUnavailableError(
            "not_installed",
            f"picamera2 cannot be imported ({error})",
            "on Raspberry Pi OS: apt install python3-picamera2; make the venv with --system-site-packages",
        ) from error
    return cast("Picamera2Factory", module.Picamera2)


class Picamera2Camera:
    """A camera number, size and rate."""

    def __init__(
        self,
        source: Picamera2Source,
        *,
        fps: float | None = None,
        read_timeout_s: float = 5.0,
        load: Callable[[], Picamera2Factory] = load_picamera2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._fps = fps
        self._read_timeout_s = read_timeout_s
        self._load = load
        self._clock = clock

    @property
    def label(self) -> str:
        """The source as it may be logged."""
        return self._source.label

    def open(self, stopped: threading.Event) -> "Picamera2Stream":
        """Open, configure and start the camera.

        Raises:
            CameraUnavailableError: picamera2 is not there, no such camera, or another program uses it.
        """
        del stopped  # reads end by their own time-out
        make = self._load()
        try:
            camera = make(self._source.number)
        except (RuntimeError, IndexError) as error:
            raise CameraUnavailableError(
                "missing",
                f"{self.label} does not open ({error})",
                "check the ribbon cable, `rpicam-hello --list-cameras`, and that no other program uses it",
            ) from error
        try:
            self._start(camera)
        except RuntimeError as error:
            camera.close()
            raise CameraUnavailableError(
                "busy",
                f"{self.label} does not start ({error})",
                "try a smaller width and height in its source",
            ) from error
        return Picamera2Stream(self._source, camera, self._read_timeout_s, self._clock)

    def _start(self, camera: _Picamera2) -> None:
        size = (self._source.width, self._source.height)
        controls: dict[str, object] = {}
        if self._fps is not None:
            frame_us = round(1_000_000 / self._fps)
            controls["FrameDurationLimits"] = (frame_us, frame_us)
        main: dict[str, object] = {"size": size, "format": _FORMAT}
        camera.configure(camera.create_video_configuration(main=main, controls=controls))
        camera.start()


class Picamera2Stream:
    """A camera that is running."""

    def __init__(
        self, source: Picamera2Source, camera: _Picamera2, read_timeout_s: float, clock: Callable[[], float]
    ) -> None:
        self._label = source.label
        self._camera = camera
        self._read_timeout_s = read_timeout_s
        self._clock = clock
        self._request: _Request | None = None

    def advance(self) -> float | None:
        """Wait for the next request that the camera completes."""
        self._give_back()
        try:
            self._request = self._camera.capture_request(wait=self._read_timeout_s)
        except TimeoutError as error:
            self._camera.cancel_all_and_flush()
            raise CameraUnavailableError(
                "stalled",
                f"{self._label} sent nothing for {self._read_timeout_s:.0f} s",
                "check the ribbon cable and the power supply; `dmesg` shows camera time-outs",
            ) from error
        except RuntimeError as error:
            raise CameraUnavailableError(
                "stalled", f"{self._label} failed ({error})", "check the ribbon cable; `dmesg` tells more"
            ) from error
        return self._captured_at_s(self._request)

    def picture(self) -> Image:
        """A copy of the current picture."""
        if self._request is None:
            raise CameraUnavailableError(
                "no_picture", f"{self._label} has no picture yet", "wait for a frame first"
            )
        return self._request.make_array(_STREAM)

    def close(self) -> None:
        """Give the last buffer back, stop and close the camera."""
        self._give_back()
        self._camera.close()

    def _give_back(self) -> None:
        if self._request is not None:
            self._request.release()
            self._request = None

    def _captured_at_s(self, request: _Request) -> float:
        # SensorTimestamp is when the first line was exposed, in ns since boot: the monotonic clock on a Pi,
        # which never sleeps. Another clock (other kernels) shows by a large difference.
        now_s = self._clock()
        stamp = request.get_metadata().get("SensorTimestamp")
        if not isinstance(stamp, int) or abs(now_s - stamp / 1e9) > _SAME_CLOCK_S:
            return now_s
        return stamp / 1e9
