"""An IP camera over RTSP, always over TCP.

Opening and reading both time out, so that a half-open connection (a camera whose power was cut, a server that
stopped to send) is noticed. When it does not open, `rtsp_probe` asks the camera why.
"""

import threading
import time
from collections.abc import Callable

import cv2

from edge_agent.capture import opencv_stream
from edge_agent.capture.camera import Image
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.rtsp_probe import why_unavailable
from edge_agent.capture.source import RtspSource

_THREADS = 1  # frame threads would delay every picture by one more frame each


class RtspCamera:
    """An address and how long to wait for it."""

    def __init__(
        self,
        source: RtspSource,
        *,
        open_timeout_s: float = 8.0,
        read_timeout_s: float = 8.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._settings = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: round(open_timeout_s * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: round(read_timeout_s * 1000),
            cv2.CAP_PROP_N_THREADS: _THREADS,
        }
        self._open_timeout_s = open_timeout_s
        self._read_timeout_s = read_timeout_s
        self._clock = clock

    @property
    def label(self) -> str:
        """The address without password and query."""
        return self._source.label

    def open(self, stopped: threading.Event) -> "RtspStream":
        """Connect and wait for the stream's description.

        Raises:
            CameraUnavailableError: unreachable, wrong password, no such path, or nothing that can be decoded.
        """
        del stopped  # reads end by their own time-out
        capture = opencv_stream.open_capture(self._source.url, cv2.CAP_FFMPEG, self._settings)
        if capture is None:
            raise why_unavailable(self._source, self._open_timeout_s)
        return RtspStream(self._source, capture, self._read_timeout_s, self._clock)


class RtspStream:
    """A camera that is sending."""

    def __init__(
        self, source: RtspSource, capture: cv2.VideoCapture, read_timeout_s: float, clock: Callable[[], float]
    ) -> None:
        self._label = source.label
        self._capture = capture
        self._read_timeout_s = read_timeout_s
        self._clock = clock

    def advance(self) -> float | None:
        """Wait for the next picture, at most the read time-out."""
        if not opencv_stream.advance(self._capture):
            raise CameraUnavailableError(
                "stalled",
                f"{self._label} closed the stream or sent nothing for {self._read_timeout_s:.0f} s",
                "check the camera's power and network",
            )
        return self._clock()

    def picture(self) -> Image:
        """The current picture."""
        return opencv_stream.picture(self._capture, self._label)

    def close(self) -> None:
        """Hang up."""
        self._capture.release()
