"""The owner of one camera: opens it, reads it, opens it again when it fails.

Each camera has its own thread, so a camera that hangs or is gone costs the others nothing. Frames go to the
mailbox (newest wins); nothing here waits for the pipeline. A source that hangs inside a driver cannot be
interrupted: `stop` then gives the daemon thread up after its timeout and says so.
"""

import logging
import threading
import time
from collections.abc import Callable
from random import Random

from edge_agent.backoff import next_delay_s
from edge_agent.capture.camera import Camera, OpenedStream
from edge_agent.capture.camera_status import CameraState, CameraStatus, is_online
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.fps_cap import FpsCap
from edge_agent.capture.frame import Frame
from edge_agent.capture.mailbox import FrameMailbox

log = logging.getLogger(__name__)

STEADY_AFTER_S = 10.0
"""A stream that lived so long has recovered: the next failure starts the back-off anew."""


class CameraThread:
    """Runs one camera until it is stopped.

    Args:
        camera_id: id in the configuration; every frame carries it.
        camera: what to open.
        mailbox: where frames go.
        fps: deliver no more frames a second than this; None for all.
        rng: jitter of the reconnects.
        clock: monotonic seconds, the clock of `Frame.at_s`.
        first_retry_s: wait after the first failure.
    """

    def __init__(
        self,
        camera_id: str,
        camera: Camera,
        mailbox: FrameMailbox,
        *,
        rng: Random,
        fps: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        first_retry_s: float = 1.0,
    ) -> None:
        self._id = camera_id
        self._camera = camera
        self._mailbox = mailbox
        self._fps = fps
        self._rng = rng
        self._clock = clock
        self._first_retry_s = first_retry_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{camera_id}", daemon=True)
        self._lock = threading.Lock()  # guards the counters below
        self._started_at_s = clock()
        self._state: CameraState = "connecting"
        self._frames = 0
        self._dropped = 0
        self._openings = 0
        self._last_frame_at_s: float | None = None
        self._problem: str | None = None

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._started_at_s = self._clock()
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to end; an owner of many asks all of them before it waits for the first."""
        self._stopped.set()

    def stop(self, timeout_s: float = 1.5) -> bool:
        """Ask the thread to end and wait for it.

        Returns:
            False when the source hangs: the thread is given up and ends with the process.
        """
        self.ask_to_stop()
        if self._thread.ident is None:  # never started
            return True
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning(
                "camera %s (%s) hangs and was given up after %.1f s", self._id, self._camera.label, timeout_s
            )
            return False
        return True

    def status(self, now_s: float) -> CameraStatus:
        """Counters as of `now_s` on the same clock."""
        with self._lock:
            age_s = None if self._last_frame_at_s is None else max(0.0, now_s - self._last_frame_at_s)
            return CameraStatus(
                camera=self._id,
                state=self._state,
                online=is_online(age_s, now_s - self._started_at_s),
                frames=self._frames,
                dropped=self._dropped,
                reconnects=max(0, self._openings - 1),
                last_frame_age_s=age_s,
                problem=self._problem,
            )

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            opened_at_s = self._clock()
            try:
                self._play()
            except CameraUnavailableError as error:
                self._note_problem(str(error))
            except Exception:
                # The supervisor's own net: a fault of a driver must not end the camera for good.
                log.exception("camera %s failed in an unexpected way; it will be opened again", self._id)
                self._note_problem("unexpected failure, see the log")
            else:
                break
            if self._lived(opened_at_s):
                attempt = 0
            self._stopped.wait(next_delay_s(attempt, self._rng, first_s=self._first_retry_s))
            attempt += 1
        with self._lock:
            self._state = "stopped" if self._stopped.is_set() else "ended"

    def _lived(self, opened_at_s: float) -> bool:
        with self._lock:
            last_s = self._last_frame_at_s
        return last_s is not None and last_s - opened_at_s >= STEADY_AFTER_S

    def _play(self) -> None:
        stream = self._camera.open(self._stopped)
        try:
            with self._lock:
                self._openings += 1
            self._deliver(stream)
        finally:
            stream.close()

    def _deliver(self, stream: OpenedStream) -> None:
        cap = FpsCap(self._fps)
        while not self._stopped.is_set():
            at_s = stream.advance()
            if at_s is None:
                if not self._stopped.is_set():
                    log.info("camera %s: %s has played to its end", self._id, self._camera.label)
                return
            if not cap.accepts(at_s):
                continue
            image = stream.picture()
            dropped = self._mailbox.put(Frame(self._id, image, self._frames, at_s))
            self._note_frame(at_s, dropped=dropped)

    def _note_frame(self, at_s: float, *, dropped: bool) -> None:
        with self._lock:
            recovered = self._problem is not None
            self._frames += 1
            self._dropped += dropped
            self._last_frame_at_s = at_s
            self._state = "streaming"
            self._problem = None
        if recovered:
            log.info("camera %s: frames are coming again", self._id)

    def _note_problem(self, problem: str) -> None:
        with self._lock:
            repeated = self._problem == problem
            self._problem = problem
            self._state = "retrying"
        # One line a fault, not one a try: a camera may be gone for weeks.
        log.log(
            logging.DEBUG if repeated else logging.WARNING,
            "camera %s: %s (it is tried again)",
            self._id,
            problem,
        )
