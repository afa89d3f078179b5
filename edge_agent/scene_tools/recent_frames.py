"""The last minutes of a camera, kept in memory while the editor is open: what a preview runs over.

One named thread reads the camera; frames are kept as JPEG. Overflow policy: the oldest frame goes when there
are more than `KEEP_S` seconds or `MOST_BYTES` bytes. A camera that goes away is opened again.
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Final

import cv2
import numpy as np

from edge_agent.backoff import next_delay_s
from edge_agent.capture.cameras import camera_for
from edge_agent.capture.errors import CaptureError
from edge_agent.capture.frame import Frame
from edge_agent.capture.source import Source
from edge_agent.scene_tools.picture import Image, as_jpeg

KEEP_S: Final = 180.0
MOST_BYTES: Final = 96 * 2**20
FPS: Final = 10.0
_WIDEST: Final = 1280
_QUALITY: Final = 92
_LEAST_GAP: Final = 0.9
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """One frame, packed."""

    index: int
    at_s: float
    jpeg: bytes

    def unpacked(self, camera: str) -> Frame:
        """The frame as the pipeline takes it."""
        image = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise CaptureError(f"frame {self.index} of {camera} cannot be unpacked: take the preview again")
        return Frame(camera, np.asarray(image, np.uint8), self.index, self.at_s)


class RecentFrames:
    """Reads one camera until it is closed.

    Args:
        source: the camera.
        most_bytes: what all kept pictures may take.
    """

    def __init__(self, source: Source, *, most_bytes: int = MOST_BYTES) -> None:
        self._source = source
        self._most_bytes = most_bytes
        self._frames: deque[KeptFrame] = deque()
        self._bytes = 0
        self._index = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.problem = ""
        self._thread = threading.Thread(target=self._read, name="scene-recent-frames", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._stopped.set()
        self._thread.join(timeout=5.0)

    def kept(self) -> tuple[KeptFrame, ...]:
        """What there is now, oldest first."""
        with self._lock:
            return tuple(self._frames)

    def keep(self, at_s: float, image: Image) -> None:
        """Take in a frame and let go of the oldest that are too many."""
        jpeg = as_jpeg(image, width=_WIDEST, quality=_QUALITY)
        with self._lock:
            self._frames.append(KeptFrame(self._index, at_s, jpeg))
            self._index += 1
            self._bytes += len(jpeg)
            while len(self._frames) > 1 and (
                self._bytes > self._most_bytes or at_s - self._frames[0].at_s > KEEP_S
            ):
                self._bytes -= len(self._frames.popleft().jpeg)

    def _read(self) -> None:
        rng, attempt = Random(), 0  # noqa: S311 - jitter, no secret
        while not self._stopped.is_set():
            before = self._index
            try:
                self._read_until_it_ends()
            except CaptureError as error:
                self.problem = str(error)
                _log.warning("camera: %s", error)
            attempt = 0 if self._index > before else attempt + 1
            self._stopped.wait(next_delay_s(attempt, rng))

    def _read_until_it_ends(self) -> None:
        stream = camera_for(self._source, FPS).open(self._stopped)
        last_s = float("-inf")
        try:
            while not self._stopped.is_set() and (at_s := stream.advance()) is not None:
                if at_s - last_s < _LEAST_GAP / FPS:
                    continue
                last_s = at_s
                self.keep(at_s, stream.picture())
                self.problem = ""
        finally:
            stream.close()
