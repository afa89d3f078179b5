"""A video file as a camera: plays at its own speed, once or for ever.

Frames are paced by their presentation times, not by counting, so files of varying frame rate play right. A
machine that falls behind by more than a second goes on from where it is, as a live camera would.
"""

import threading
import time
from collections.abc import Callable

import cv2

from edge_agent.capture import opencv_stream
from edge_agent.capture.camera import Image
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.source import FileSource

_LATE_S = 1.0
_FALLBACK_FPS = 25.0
_THREADS = 1  # more would hold back as many frames as there are threads, and take the detector's cores


class FileCamera:
    """Opens the file anew at every loop."""

    def __init__(self, source: FileSource, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock

    @property
    def label(self) -> str:
        """The source as it may be logged."""
        return self._source.label

    def open(self, stopped: threading.Event) -> "FileStream":
        """Open the file.

        Raises:
            CameraUnavailableError: there is no such file, or it is no video.
        """
        return FileStream(self._source, stopped, self._clock)


class FileStream:
    """A file that is playing."""

    def __init__(self, source: FileSource, stopped: threading.Event, clock: Callable[[], float]) -> None:
        self._source = source
        self._stopped = stopped
        self._clock = clock
        self._capture = open_video(source)
        self._pts_s: float | None = None
        self._start_s = clock()
        self._frame_s = self._nominal_frame_s()

    def advance(self) -> float | None:
        """Wait until the next frame is due; None at the end of a file that does not loop."""
        while not opencv_stream.advance(self._capture):
            if self._pts_s is None:
                raise CameraUnavailableError(
                    "no_picture",
                    f"{self._source.label} holds no frame that can be read",
                    "check it with `ffprobe` or copy it again",
                )
            if not self._source.loop:
                return None
            self._capture.release()
            self._capture = open_video(self._source)
            self._start_s += self._pts_s + self._frame_s
            self._pts_s = None
        self._pts_s = self._next_pts_s()
        due_s = self._start_s + self._pts_s
        wait_s = due_s - self._clock()
        if wait_s < -_LATE_S:
            self._start_s -= wait_s
            return due_s - wait_s
        if wait_s > 0 and self._stopped.wait(wait_s):
            return None
        return due_s

    def picture(self) -> Image:
        """The current frame."""
        return opencv_stream.picture(self._capture, self._source.label)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _nominal_frame_s(self) -> float:
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        return 1.0 / fps if fps > 0 else 1.0 / _FALLBACK_FPS

    def _next_pts_s(self) -> float:
        pts_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        if self._pts_s is None:
            return max(0.0, pts_s)
        # Raw streams carry no times, and damaged files wrong ones: then the nominal rate counts.
        gap_s = pts_s - self._pts_s
        return pts_s if 0.0 < gap_s <= max(_LATE_S, 2.0 * self._frame_s) else self._pts_s + self._frame_s


def open_video(source: FileSource) -> cv2.VideoCapture:
    """Open a video file for reading.

    Raises:
        CameraUnavailableError: there is no such file, or it is no video.
    """
    if not source.path.is_file():
        raise CameraUnavailableError(
            "missing",
            f"there is no video file {source.path}",
            "put it there or correct the camera's source; a relative path counts from the working directory",
        )
    capture = opencv_stream.open_capture(str(source.path), cv2.CAP_FFMPEG, {cv2.CAP_PROP_N_THREADS: _THREADS})
    if capture is None:
        raise CameraUnavailableError(
            "no_picture",
            f"{source.path} is not a video that can be read",
            "use a complete MP4, MKV or AVI file with H.264, and check that this user may read it",
        )
    return capture
