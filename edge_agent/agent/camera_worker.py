"""One camera from picture to facts: owns its camera thread and the thread that steps its pipeline.

Whatever fails here (the scene file, the model, a rule, the camera) is this camera's alone: it is said in one
line, shown in the node's state, and tried again by the supervisor loop.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

from edge_agent.agent.shared_detector import DetectorPool, DetectorShare
from edge_agent.backoff import next_delay_s
from edge_agent.capture.camera_status import CameraStatus
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.cameras import camera_for
from edge_agent.capture.errors import CaptureError
from edge_agent.capture.mailbox import FrameMailbox
from edge_agent.capture.source import parse_source
from edge_agent.control.inference_times import InferenceTimes
from edge_agent.outbox.recorder import Recorder
from edge_agent.perception.detector import PerceptionError
from edge_agent.pipeline import Pipeline
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import read_scene
from fleet.wire.messages import CameraState
from fleet.wire.node_config import CameraSection

log = logging.getLogger(__name__)

STEADY_S: Final = 30.0
_TAKE_S: Final = 1.0


class CameraWorker:
    """Runs one camera of the configuration.

    Args:
        section: its configuration.
        pool: the common detector.
        recorder: where facts go.
        inference: where the detector's times go.
        motion_gate: spare the detector while nothing moves.
        utc_of: UTC of a capture time, where it is known.
        alive: called whenever the loop turns.
        rng: jitter of retries.
    """

    def __init__(
        self,
        section: CameraSection,
        *,
        pool: DetectorPool,
        recorder: Recorder,
        inference: InferenceTimes,
        motion_gate: bool,
        utc_of: Callable[[float], datetime | None],
        alive: Callable[[], None],
        rng: Random,
    ) -> None:
        self._section = section
        self._pool = pool
        self._recorder = recorder
        self._inference = inference
        self._motion_gate = motion_gate
        self._utc_of = utc_of
        self._alive = alive
        self._rng = rng
        self._mailbox = FrameMailbox()
        self._camera: CameraThread | None = None
        self._share: DetectorShare | None = None
        self._problem = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pipeline-{section.id}", daemon=True)
        self._counted: tuple[float, int] = (time.monotonic(), 0)
        self._fps = 0.0
        self._stepped = 0

    @property
    def frames(self) -> int:
        """Frames that went through the pipeline."""
        return self._stepped

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to end; `stop` waits for it."""
        self._stopped.set()
        self._mailbox.close()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the camera and its pipeline, open minutes included."""
        until_s = time.monotonic() + timeout_s
        self.ask_to_stop()
        camera = self._camera
        if camera is not None:
            camera.stop(timeout_s)
        if self._thread.ident is not None:
            self._thread.join(max(0.05, until_s - time.monotonic()))

    def status(self, now_s: float) -> CameraStatus | None:
        """The camera's counters; None before it could be configured."""
        camera = self._camera
        return None if camera is None else camera.status(now_s)

    def state(self, now_s: float) -> CameraState:
        """How the camera is, for the node's state; called by one thread."""
        status = self.status(now_s)
        if status is None:
            return CameraState(
                self._section.id, "offline" if self._problem else "starting", 0.0, self._problem
            )
        at_s, frames = self._counted
        if now_s - at_s >= 1.0:
            self._fps = (status.frames - frames) / (now_s - at_s)
            self._counted = (now_s, status.frames)
        problem = self._problem or status.problem or ""
        if status.state == "ended":
            problem = problem or "the file has played to its end"
        seen = "online" if status.frames else "starting"
        word = "offline" if problem or not status.online else seen
        return CameraState(self._section.id, word, round(self._fps, 2), problem)

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            began_s = time.monotonic()
            try:
                self._play(self._pipeline())
            except (SceneError, PerceptionError, CaptureError) as error:
                self._note(str(error))
            except Exception:
                # The supervisor's own net: a rule or the runtime failed; the other cameras go on.
                log.exception("camera %s: its pipeline failed and is begun again", self._section.id)
                self._problem = "its pipeline failed, see the log"
                if self._share is not None and self._share.failed:
                    self._pool.discard()
            attempt = 0 if time.monotonic() - began_s >= STEADY_S else attempt + 1
            self._pause(next_delay_s(max(0, attempt - 1), self._rng))

    def _pause(self, delay_s: float) -> None:
        until_s = time.monotonic() + delay_s
        while (left_s := until_s - time.monotonic()) > 0 and not self._stopped.wait(min(left_s, _TAKE_S)):
            self._alive()

    def _note(self, problem: str) -> None:
        """One line a fault, not one a try."""
        level = logging.DEBUG if problem == self._problem else logging.ERROR
        self._problem = problem
        log.log(level, "camera %s: %s (it is tried again)", self._section.id, " ".join(problem.split()))

    def _pipeline(self) -> Pipeline:
        section = self._section
        if self._camera is None:
            source = parse_source(section.source)
            camera = CameraThread(
                section.id, camera_for(source, section.fps), self._mailbox, rng=self._rng, fps=section.fps
            )
            scene = read_scene(Path(section.scene))
            camera.start()
            self._camera = camera
        else:
            scene = read_scene(Path(section.scene))
        self._alive()
        share, classes = self._pool.share()
        self._share = share
        pipeline = Pipeline(
            scene,
            camera=section.id,
            detector=share,
            classes=classes,
            motion_gate=self._motion_gate,
        )
        self._problem = ""
        return pipeline

    def _play(self, pipeline: Pipeline) -> None:
        """Step the pipeline until it is stopped, then give what the open minutes hold."""
        while not self._stopped.is_set():
            self._alive()
            frame = self._mailbox.take(_TAKE_S)
            if frame is None:
                continue
            step = pipeline.step(frame, self._utc_of(frame.at_s))
            self._stepped += 1
            if step.detected and self._share is not None:
                self._inference.add(frame.camera, self._share.last_s * 1000)
            if step.events or step.measurements:
                self._recorder.record([*step.events, *step.measurements])
        events, measurements = pipeline.finish()
        self._recorder.record([*events, *measurements])
