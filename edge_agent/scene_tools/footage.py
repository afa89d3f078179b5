"""What the editor draws on and previews: a video file, or a camera's last minutes. One interface for both."""

from collections.abc import Generator
from contextlib import closing
from typing import Protocol

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.frame import Frame
from edge_agent.capture.replay import Replay
from edge_agent.capture.source import FileSource, Source
from edge_agent.scene_tools.picture import Image, first_picture
from edge_agent.scene_tools.recent_frames import RecentFrames

CAMERA = "preview"


class Footage(Protocol):
    """Stills and frames of one view."""

    @property
    def label(self) -> str:
        """The source as it may be shown: no password in it."""

    @property
    def is_live(self) -> bool:
        """Whether new pictures come in."""

    @property
    def duration_s(self) -> float:
        """Seconds that can be previewed now; 0 when nobody knows."""

    def still(self, at_s: float) -> Image:
        """A picture: of a video the one at this second, of a camera the newest.

        Raises:
            CaptureError: there is none.
        """

    def frames(self, start_s: float, length_s: float) -> Generator[Frame]:
        """The frames of a segment, in order.

        Raises:
            CaptureError: there are none.
        """

    def close(self) -> None:
        """Let go of the camera."""


class VideoFootage:
    """A video file; frame n of it has the index and the time that `edge-agent replay` gives it."""

    is_live = False

    def __init__(self, source: FileSource) -> None:
        self._path = source.path
        self.label = str(source.path)
        with Replay(self._path, camera=CAMERA) as replay:
            self.duration_s = replay.declared_frames / replay.fps

    def still(self, at_s: float) -> Image:
        """The picture at a second, or the last before it."""
        if at_s <= 0:
            return first_picture(FileSource(self._path))
        latest: Image | None = None
        with closing(self.frames(0.0, at_s)) as frames:
            for frame in frames:
                latest = frame.image
        return first_picture(FileSource(self._path)) if latest is None else latest

    def frames(self, start_s: float, length_s: float) -> Generator[Frame]:
        """The frames from `start_s` on, for `length_s` seconds."""
        with Replay(self._path, camera=CAMERA) as replay:
            for frame in replay:
                if frame.at_s >= start_s + length_s:
                    return
                if frame.at_s >= start_s:
                    yield frame

    def close(self) -> None:
        """Nothing is held open."""


class CameraFootage:
    """A camera; a thread keeps its last minutes."""

    is_live = True

    def __init__(self, source: Source) -> None:
        self.label = source.label
        self._first = first_picture(source)
        self._recent = RecentFrames(source)
        self._recent.start()

    @property
    def duration_s(self) -> float:
        """Seconds kept so far."""
        kept = self._recent.kept()
        return kept[-1].at_s - kept[0].at_s if kept else 0.0

    def still(self, at_s: float) -> Image:  # noqa: ARG002 - a camera has only now
        """The newest picture."""
        kept = self._recent.kept()
        return kept[-1].unpacked(CAMERA).image if kept else self._first

    def frames(self, start_s: float, length_s: float) -> Generator[Frame]:
        """What was kept, counted from its first second."""
        kept = self._recent.kept()
        if not kept:
            raise CaptureError(
                self._recent.problem or f"{self.label}: nothing recorded yet: wait some seconds"
            )
        began_s = kept[0].at_s
        for each in kept:
            at_s = each.at_s - began_s
            if start_s <= at_s < start_s + length_s:
                frame = each.unpacked(CAMERA)
                yield Frame(frame.camera, frame.image, frame.index, at_s)

    def close(self) -> None:
        """Stop the recording."""
        self._recent.close()


def footage_of(source: Source) -> Footage:
    """The footage of a source.

    Raises:
        CaptureError: there is no such video or camera.
    """
    return VideoFootage(source) if isinstance(source, FileSource) else CameraFootage(source)
