"""One camera from picture to facts: owns its camera thread and the thread that steps its pipeline.

Whatever fails here (the scene file, the model, a rule, the camera) is this camera's alone: it is said in one
line, shown in the node's state, and tried again by the supervisor loop.

Which frames are dropped: the newest wins, there is never a queue. A frame in which nothing moves is judged at
once, without the detector. With the gate open the camera waits for its turn, and what comes meanwhile
takes the place of what it has: when the turn comes it looks at the newest frame only. Every frame that the
camera delivered is counted once, by what became of it (`CameraStatus`).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from edge_agent.capture.frame import Frame
from edge_agent.capture.mailbox import FrameMailbox
from edge_agent.capture.source import parse_source
from edge_agent.control.health import camera_share
from edge_agent.control.inference_times import InferenceTimes
from edge_agent.outbox.recorder import Recorder
from edge_agent.perception.detector import PerceptionError
from edge_agent.pipeline import Pipeline
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import read_scene
from edge_agent.scene.scene import Scene
from edge_agent.second_model import head_classifier
from edge_agent.signals.feeds import SignalFeeds
from fleet.wire.messages import CameraState
from fleet.wire.node_config import CameraSection

log = logging.getLogger(__name__)

STEADY_S: Final = 30.0
LEAST_SHARE: Final = 0.8
"""A camera that gets less than this of its due is said to starve."""
_TAKE_S: Final = 1.0


@dataclass(slots=True)
class _Fates:
    """What became of the frames that the pipeline's thread took; written by that thread alone.

    Attributes:
        detected: the detector looked at them.
        gate_closed: nothing moved in them.
        swapped: given up for a newer one when the turn came.
        waited: replaced in the mailbox during the wait for a turn.
        failed: the pipeline failed on them.
    """

    detected: int = 0
    gate_closed: int = 0
    swapped: int = 0
    waited: int = 0
    failed: int = 0

    def on(self, status: CameraStatus) -> CameraStatus:
        """The camera's counters with these."""
        return replace(
            status,
            dropped=status.dropped + self.swapped,
            detected=self.detected,
            gate_closed=self.gate_closed,
            over_budget=self.swapped + self.waited,
            failed=self.failed,
        )


class CameraWorker:
    """Runs one camera of the configuration.

    Args:
        section: its configuration.
        pool: the common detector.
        recorder: where facts go.
        inference: where the detector's times go.
        motion_gate: spare the detector while nothing moves.
        signals: makes the feeds of the signals that a scene asks for, given the camera's id.
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
        signals: Callable[[Scene, str], SignalFeeds],
        utc_of: Callable[[float], datetime | None],
        alive: Callable[[], None],
        rng: Random,
    ) -> None:
        self._section = section
        self._pool = pool
        self._recorder = recorder
        self._inference = inference
        self._motion_gate = motion_gate
        self._signals = signals
        self._feeds: SignalFeeds | None = None
        self._utc_of = utc_of
        self._alive = alive
        self._rng = rng
        self._mailbox = FrameMailbox()
        self._camera: CameraThread | None = None
        self._problem = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pipeline-{section.id}", daemon=True)
        self._counted: tuple[float, CameraStatus | None] = (time.monotonic(), None)
        self._fps = 0.0
        self._starving = ""
        self._fates = _Fates()

    @property
    def frames(self) -> int:
        """Frames that went through the pipeline."""
        return self._fates.detected + self._fates.gate_closed

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
        return None if camera is None else self._fates.on(camera.status(now_s))

    def state(self, now_s: float) -> CameraState:
        """How the camera is, for the node's state; called by one thread."""
        status = self.status(now_s)
        if status is None:
            return CameraState(
                self._section.id, "offline" if self._problem else "starting", 0.0, self._problem
            )
        self._weigh(status, now_s)
        problem = self._problem or status.problem or ""
        if status.state == "ended":
            problem = problem or "the file has played to its end"
        seen = "online" if status.frames else "starting"
        word = "offline" if problem or not status.online else seen
        return CameraState(self._section.id, word, round(self._fps, 2), problem or self._starving)

    def _weigh(self, status: CameraStatus, now_s: float) -> None:
        """Rate and share since the state before, when that is long enough ago."""
        at_s, before = self._counted
        if now_s - at_s < 1.0:
            return
        frames, detected, dropped = (
            (0, 0, 0) if before is None else (before.frames, before.detected, before.dropped)
        )
        self._fps = (status.frames - frames) / (now_s - at_s)
        share = camera_share(status.detected - detected, status.dropped - dropped)
        self._starving = ""
        if share is not None and share < LEAST_SHARE:
            self._starving = (
                f"only {share:.0%} of its frames were looked at: use fewer tiles, cameras or fps here"
            )
        self._counted = (now_s, status)

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            began_s = time.monotonic()
            try:
                self._play(*self._pipeline())
            except (SceneError, PerceptionError, CaptureError) as error:
                self._note(str(error))
            except Exception:
                # The supervisor's own net: a rule or the runtime failed; the other cameras go on.
                log.exception("camera %s: its pipeline failed and is begun again", self._section.id)
                self._problem = "its pipeline failed, see the log"
            finally:
                self._stop_listening()
            attempt = 0 if time.monotonic() - began_s >= STEADY_S else attempt + 1
            self._pause(next_delay_s(max(0, attempt - 1), self._rng))

    def _pause(self, delay_s: float) -> None:
        until_s = time.monotonic() + delay_s
        while (left_s := until_s - time.monotonic()) > 0 and not self._stopped.wait(min(left_s, _TAKE_S)):
            self._alive()

    @property
    def signal_problem(self) -> str:
        """Why the controllers of its signals are not heard; empty while they are, or none is asked for."""
        feeds = self._feeds
        return f"camera {self._section.id}: {feeds.problem}" if feeds is not None and feeds.problem else ""

    def _listen(self, scene: Scene) -> SignalFeeds:
        self._feeds = feeds = self._signals(scene, self._section.id)
        feeds.start()
        return feeds

    def _stop_listening(self) -> None:
        feeds, self._feeds = self._feeds, None
        if feeds is not None:
            feeds.stop()

    def _note(self, problem: str) -> None:
        """One line a fault, not one a try."""
        level = logging.DEBUG if problem == self._problem else logging.ERROR
        self._problem = problem
        log.log(level, "camera %s: %s (it is tried again)", self._section.id, " ".join(problem.split()))

    def _pipeline(self) -> tuple[Pipeline, DetectorShare]:
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
        share, classes = self._pool.share(section.id, section.fps)
        pipeline = Pipeline(
            scene,
            camera=section.id,
            detector=share,
            classes=classes,
            motion_gate=self._motion_gate,
            heads=head_classifier(scene),
            signals=self._listen(scene),
        )
        self._problem = ""
        return pipeline, share

    def _play(self, pipeline: Pipeline, share: DetectorShare) -> None:
        """Step the pipeline until it is stopped, then give what the open minutes hold."""
        while not self._stopped.is_set():
            self._alive()
            frame = self._mailbox.take(_TAKE_S)
            if frame is None:
                now_s = time.monotonic()
                self._recorder.record(pipeline.absent(now_s, self._utc_of(now_s))[0])
                continue
            try:
                self._step(pipeline, share, frame)
            except Exception:
                self._fates.failed += 1
                raise
        events, measurements = pipeline.finish()
        self._recorder.record([*events, *measurements])

    def _step(self, pipeline: Pipeline, share: DetectorShare, frame: Frame) -> None:
        """Judge a frame, or the newest of those that came while the camera waited for its turn."""
        try:
            is_open = pipeline.opens(frame)
            if is_open:
                frame = self._in_turn(pipeline, share, frame)
            step = pipeline.judge(frame, self._utc_of(frame.at_s), is_open=is_open)
        finally:
            share.release()
        if is_open:
            self._fates.detected += 1
            self._inference.add(frame.camera, share.last_s * 1000)
        else:
            self._fates.gate_closed += 1
        if step.events or step.measurements:
            self._recorder.record([*step.events, *step.measurements])

    def _in_turn(self, pipeline: Pipeline, share: DetectorShare, frame: Frame) -> Frame:
        """Wait for the turn; gives the newest frame by then, which the gate sees too, to know what moved."""
        before = self._lost()
        share.wait()
        newer = self._mailbox.take(0.0)
        self._fates.waited += self._lost() - before
        if newer is None:
            return frame
        self._fates.swapped += 1
        pipeline.opens(newer)
        return newer

    def _lost(self) -> int:
        """Frames that were replaced in the mailbox so far."""
        camera = self._camera
        return 0 if camera is None else camera.status(time.monotonic()).dropped
