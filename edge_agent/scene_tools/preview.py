"""A preview: the node's own pipeline over a segment of footage with an edited scene.

One named thread a preview, stopped by its owner. Results and pictures of past frames are kept for looking at
them one by one, within bounds: at most `MOST_FRAMES` frames are run, and when their pictures take more than
`MOST_BYTES`, those of the oldest frames go (their boxes and events stay).
"""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Final, Literal

import cv2
import msgspec
import numpy as np

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.frame import Frame
from edge_agent.event_lines import event_line, measurement_line
from edge_agent.perception.detector import Detector, ModelError
from edge_agent.perception.tracks import Tracks
from edge_agent.pipeline import Pipeline
from edge_agent.rules.engine import Facts
from edge_agent.rules.moment import LEAST_HITS
from edge_agent.scene.errors import SceneError
from edge_agent.scene.geometry import inside
from edge_agent.scene.scene import Scene
from edge_agent.scene_tools.picture import Image, as_jpeg
from edge_agent.second_model import head_classifier

MOST_FRAMES: Final = 9_000
MOST_BYTES: Final = 96 * 2**20
LONGEST_S: Final = 600.0
_WIDEST: Final = 960
_QUALITY: Final = 75
_log = logging.getLogger(__name__)

State = Literal["running", "done", "stopped", "failed"]


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One object: track, class, score, box."""

    tracker_id: int
    class_name: str
    score: float
    xyxy: tuple[float, float, float, float]


class PreviewFrame(msgspec.Struct, frozen=True):
    """What one frame gave.

    Attributes:
        n: its number in the preview, from 0.
        t: seconds from the start of the footage.
        seen: objects detected in it.
        zones: how many of them stand in each zone.
        events: events decided in it, as `edge-agent replay` prints them.
    """

    n: int
    t: float
    seen: tuple[Seen, ...]
    zones: dict[str, int]
    events: tuple[msgspec.Raw, ...]


class PreviewProgress(msgspec.Struct, frozen=True):
    """How far a preview is, and what is new.

    Attributes:
        run: number of the preview within this editor.
        state: of the run.
        problem: why it failed.
        frames: frames from the one asked for on.
        total: frames run so far.
        crossings: events so far, by `kind rule direction`.
        last_events: events that only the end of the footage decided.
        measurements: figures of the minutes, once the run has ended.
        first_picture: the oldest frame whose picture is still kept.
    """

    run: int
    state: State
    problem: str
    frames: tuple[PreviewFrame, ...]
    total: int
    crossings: dict[str, int]
    last_events: tuple[msgspec.Raw, ...]
    measurements: tuple[msgspec.Raw, ...]
    first_picture: int


class Preview:
    """One run.

    Args:
        run: its number.
        scene: the edited scene, checked.
        frames: the segment; read on the preview's thread.
        detector: made or given on the preview's thread, and used by nobody else meanwhile.
        classes: labels worth using, as the model's entry says.
    """

    def __init__(
        self,
        run: int,
        scene: Scene,
        frames: Callable[[], Generator[Frame]],
        *,
        detector: Callable[[], Detector],
        classes: tuple[str, ...],
    ) -> None:
        self._run = run
        self._scene = scene
        self._open_frames = frames
        self._open_detector = detector
        self._classes = classes
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._state: State = "running"
        self._problem = ""
        self._frames: list[PreviewFrame] = []
        self._pictures: dict[int, bytes] = {}
        self._bytes = 0
        self._counts: dict[str, int] = {}
        self._last: Facts = ([], [])
        self._rows: list[msgspec.Raw] = []
        self._thread = threading.Thread(target=self._work, name="scene-preview", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the run and wait for its thread."""
        self._stopping.set()
        self._thread.join(timeout=10.0)

    def progress(self, after: int, most: int = 200) -> PreviewProgress:
        """What is new from frame `after` on, at most so many frames."""
        with self._lock:
            return PreviewProgress(
                self._run,
                self._state,
                self._problem,
                tuple(self._frames[after : after + most]),
                len(self._frames),
                dict(self._counts),
                tuple(msgspec.Raw(event_line(event).encode()) for event in self._last[0]),
                tuple(self._rows),
                next(iter(self._pictures), 0),
            )

    def picture(self, n: int) -> bytes | None:
        """JPEG of a frame, privacy areas filled; nothing when it is gone or has not come yet."""
        with self._lock:
            return self._pictures.get(n)

    def _work(self) -> None:
        try:
            self._run_frames()
        except (CaptureError, ModelError, SceneError) as error:
            self._end("failed", str(error))
        except Exception as error:  # noqa: BLE001 - the supervisor of this thread: the page must be told that it ended
            _log.exception("preview failed")
            self._end("failed", f"{type(error).__name__}: {error}; the log has the details")

    def _run_frames(self) -> None:
        pipeline = Pipeline(
            self._scene,
            camera="replay",
            detector=self._open_detector(),
            classes=self._classes,
            always_on=True,
            heads=head_classifier(self._scene),
        )
        with closing(self._open_frames()) as frames:
            for frame in frames:
                if self._stopping.is_set() or len(self._frames) >= MOST_FRAMES:
                    break
                step = pipeline.step(frame, None)
                self._take(frame, step.tracks, (step.events, step.measurements))
        self._last = pipeline.finish()
        with self._lock:
            self._count(self._last)
        self._end("stopped" if self._stopping.is_set() else "done", "")

    def _take(self, frame: Frame, tracks: Tracks, facts: Facts) -> None:
        seen = [track for track in tracks.seen() if track.hits >= LEAST_HITS]
        jpeg = as_jpeg(self._masked(frame.image), width=_WIDEST, quality=_QUALITY)
        zones = {
            zone.id: sum(inside(zone.polygon, track.anchor) for track in seen) for zone in self._scene.zones
        }
        with self._lock:
            n = len(self._frames)
            self._frames.append(
                PreviewFrame(
                    n,
                    round(frame.at_s, 3),
                    tuple(
                        Seen(each.tracker_id, each.class_name, round(each.score, 2), _rounded(each.xyxy))
                        for each in seen
                    ),
                    zones,
                    tuple(msgspec.Raw(event_line(event).encode()) for event in facts[0]),
                )
            )
            self._count(facts)
            self._pictures[n] = jpeg
            self._bytes += len(jpeg)
            while self._bytes > MOST_BYTES:
                self._bytes -= len(self._pictures.pop(next(iter(self._pictures))))

    def _count(self, facts: Facts) -> None:
        for event in facts[0]:
            name = " ".join(filter(None, (event.kind, event.rule, event.direction)))
            self._counts[name] = self._counts.get(name, 0) + 1
        self._rows += [msgspec.Raw(measurement_line(row).encode()) for row in facts[1]]

    def _masked(self, image: Image) -> Image:
        """The picture without what is private."""
        if not self._scene.privacy:
            return image
        height, width = image.shape[:2]
        masked = image.copy()
        for mask in self._scene.privacy:
            corners = np.array([(x * width, y * height) for x, y in mask.polygon], np.int32)
            cv2.fillPoly(masked, [corners], (0, 0, 0))
        return masked

    def _end(self, state: State, problem: str) -> None:
        with self._lock:
            self._state, self._problem = state, problem


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (round(value, 4) for value in box)
    return (x1, y1, x2, y2)
