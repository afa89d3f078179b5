"""A V4L2 device: USB cameras, capture cards.

OpenCV's V4L2 reader waits for a frame at most 10 s by itself, so a device that vanishes is noticed.
"""

import os
import threading
import time
from collections.abc import Callable

import cv2

from edge_agent.capture import opencv_stream
from edge_agent.capture.camera import Image
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.source import V4l2Source


class V4l2Camera:
    """A device and the format to ask it for."""

    def __init__(
        self, source: V4l2Source, *, fps: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._fps = fps
        self._clock = clock

    @property
    def label(self) -> str:
        """The source as it may be logged."""
        return self._source.label

    def open(self, stopped: threading.Event) -> "V4l2Stream":
        """Open the device.

        Raises:
            CameraUnavailableError: there is no such device, this user may not use it, or it is busy.
        """
        del stopped  # reads end by their own time-out
        device = self._source.device
        if not os.path.exists(device):  # noqa: PTH110 - a device node, not a file of ours
            raise CameraUnavailableError(
                "missing", f"there is no {device}", "plug the camera in; `ls /dev/video*` lists what is there"
            )
        if not os.access(device, os.R_OK | os.W_OK):
            raise CameraUnavailableError(
                "unauthorised", f"this user may not use {device}", "add the user to the group video"
            )
        capture = opencv_stream.open_capture(device, cv2.CAP_V4L2, self._settings())
        if capture is None:
            raise CameraUnavailableError(
                "busy",
                f"{device} does not open as a camera",
                "see whether another program uses it (`fuser -v` on it) or try the next /dev/video number",
            )
        return V4l2Stream(self._source, capture, self._clock)

    def _settings(self) -> dict[int, int]:
        # The pixel format goes first: it decides which sizes the driver offers.
        settings: dict[int, int] = {}
        if self._source.fourcc is not None:
            settings[cv2.CAP_PROP_FOURCC] = cv2.VideoWriter.fourcc(*self._source.fourcc)
        if self._source.width is not None:
            settings[cv2.CAP_PROP_FRAME_WIDTH] = self._source.width
        if self._source.height is not None:
            settings[cv2.CAP_PROP_FRAME_HEIGHT] = self._source.height
        if self._fps is not None:
            settings[cv2.CAP_PROP_FPS] = round(self._fps)
        return settings


class V4l2Stream:
    """A device that is streaming."""

    def __init__(self, source: V4l2Source, capture: cv2.VideoCapture, clock: Callable[[], float]) -> None:
        self._label = source.label
        self._capture = capture
        self._clock = clock

    def advance(self) -> float | None:
        """Wait for the next picture."""
        if not opencv_stream.advance(self._capture):
            raise CameraUnavailableError(
                "stalled",
                f"{self._label} stopped to deliver frames",
                "check plug and power of the camera (a weak USB supply is the usual cause)",
            )
        return self._clock()

    def picture(self) -> Image:
        """The current picture."""
        return opencv_stream.picture(self._capture, self._label)

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()
