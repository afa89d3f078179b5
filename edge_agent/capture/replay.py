"""A whole video file, every frame in order, as fast as the reader takes them.

Deterministic: frame n of a file always has index n and `at_s = n / fps`, whatever the machine does. Decoding
runs on its own thread; the queue between is bounded, and the decoder waits when it is full: nothing is lost.
Used by `edge-agent replay` and `edge-agent bench`.
"""

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from edge_agent.capture import opencv_stream
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.file_camera import open_video
from edge_agent.capture.frame import Frame
from edge_agent.capture.source import FileSource

_FALLBACK_FPS = 25.0
_POLL_S = 0.2


class Replay:
    """An open file; iterate it once, and close it (it is a context manager).

    Attributes:
        fps: frames a second as the file declares.
        width: of a frame, in pixels.
        height: of a frame, in pixels.
        declared_frames: as the file declares; 0 when it does not say.

    Raises:
        CameraUnavailableError: there is no such file, or it is no video.
    """

    def __init__(self, path: Path, *, camera: str = "replay", queue_frames: int = 4) -> None:
        self._path = path
        self._camera = camera
        self._capture = open_video(FileSource(path))
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if fps > 0 else _FALLBACK_FPS
        self.width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self.height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self.declared_frames = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._queue: queue.Queue[Frame | CameraUnavailableError | None] = queue.Queue(maxsize=queue_frames)
        self._closing = threading.Event()
        self._decode_s = 0.0
        self._frames = 0
        self._thread = threading.Thread(target=self._decode, name="replay-decode", daemon=True)
        self._thread.start()

    @property
    def decode_s(self) -> float:
        """Seconds that the decoder's thread has worked so far, its waits left out."""
        return self._decode_s

    @property
    def cut_short(self) -> bool:
        """Whether, after the last frame, fewer frames came than the file declares (by more than 1 %)."""
        return self._frames < 0.99 * self.declared_frames

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        """Every frame in order.

        Raises:
            CameraUnavailableError: the file holds no frame, or one that cannot be decoded.
        """
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, CameraUnavailableError):
                raise item
            yield item

    def close(self) -> None:
        """Stop decoding and close the file."""
        self._closing.set()
        self._thread.join()
        self._capture.release()

    def _decode(self) -> None:
        try:
            while not self._closing.is_set():
                began_s = time.perf_counter()
                if not opencv_stream.advance(self._capture):
                    break
                image = opencv_stream.picture(self._capture, str(self._path))
                self._decode_s += time.perf_counter() - began_s
                self._put(Frame(self._camera, image, self._frames, self._frames / self.fps))
                self._frames += 1
        except CameraUnavailableError as error:
            self._put(error)
            return
        if self._frames == 0:
            self._put(
                CameraUnavailableError(
                    "no_picture", f"{self._path} holds no frame", "use a complete video file"
                )
            )
        self._put(None)

    def _put(self, item: Frame | CameraUnavailableError | None) -> None:
        while not self._closing.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return
