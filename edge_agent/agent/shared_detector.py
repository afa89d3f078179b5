"""The detectors of a node, shared by its cameras: turns by each camera's need (`fair_order.py`).

As many interpreters as may run side by side, at most one a camera: with four cameras on two cores, two
interpreters of one thread finished 1.2 to 1.4 times as many pictures as one of two threads. A detector that
raised is loaded anew by the camera in whose turn it did, before anybody else gets it: the others keep their
turns and never see it.
"""

import logging
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge_agent.agent.fair_order import FairOrder
from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector, ModelError

log = logging.getLogger(__name__)

Load = Callable[[], tuple[Detector, tuple[str, ...]]]


class Lanes:
    """Detectors that several threads use, one thread each at a time, given out by need.

    Args:
        detectors: one for each lane.
        load: makes another in the place of one that failed.
    """

    def __init__(self, detectors: list[Detector], load: Load) -> None:
        self._changed = threading.Condition()
        self._detectors = detectors
        self._load = load
        self._free = list(range(len(detectors)))
        self._order = FairOrder()
        self._given: dict[str, int] = {}

    def acquire(self, camera: str, period_s: float) -> int:
        """Wait for one's turn and a free lane; whoever acquires releases."""
        with self._changed:
            self._order.ask(camera, period_s)
            self._serve()
            self._changed.wait_for(lambda: camera in self._given)
            return self._given.pop(camera)

    def release(self, lane: int) -> None:
        """Give a lane back."""
        with self._changed:
            self._free.append(lane)
            self._serve()

    def detector(self, lane: int) -> Detector:
        """The detector of a lane that the caller holds."""
        return self._detectors[lane]

    def renew(self, lane: int) -> None:
        """Load the detector of a held lane anew; the old one stays when that fails."""
        try:
            self._detectors[lane] = self._load()[0]
        except ModelError as error:
            log.error("the model failed and cannot be loaded again, it is used as it is: %s", error)  # noqa: TRY400  its text says it all

    def _serve(self) -> None:
        """Give free lanes to whoever is next."""
        while self._free and (camera := self._order.next()) is not None:
            self._given[camera] = self._free.pop()
        self._changed.notify_all()


class DetectorShare:
    """One camera's use of the common detectors; itself a detector. It belongs to the camera's thread.

    Args:
        camera: id of the camera.
        fps: how many detections a second it is due.
        name: name of the model.
        labels: label of each class id.
        lanes: the common detectors.

    Attributes:
        last_s: how long the last run took, waiting for its turn left out.
    """

    def __init__(self, camera: str, fps: float, name: str, labels: tuple[str, ...], lanes: Lanes) -> None:
        self.name = name
        self.labels = labels
        self.last_s = 0.0
        self._camera = camera
        self._period_s = 1.0 / fps
        self._lanes = lanes
        self._held: int | None = None

    def wait(self) -> None:
        """Wait for this camera's turn and keep it until `detect` is through, or `release`."""
        if self._held is None:
            self._held = self._lanes.acquire(self._camera, self._period_s)

    def release(self) -> None:
        """Give up a turn that is still held; does no harm without one."""
        if self._held is not None:
            lane, self._held = self._held, None
            self._lanes.release(lane)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Look, in the turn that is held or in the next, and give the turn back."""
        if self._held is None:
            self._held = self._lanes.acquire(self._camera, self._period_s)
        lane, is_whole = self._held, False
        try:
            began_s = time.perf_counter()
            found = self._lanes.detector(lane).detect(image)
            self.last_s = time.perf_counter() - began_s
            is_whole = True
        finally:
            if not is_whole:
                self._lanes.renew(lane)
            self.release()
        return found


class DetectorPool:
    """Loads the model when the first camera asks, and again when that failed.

    Args:
        load: makes one detector and tells which classes are worth using; may raise ModelError.
        lanes: how many detectors to make.
    """

    def __init__(self, load: Load, lanes: int = 1) -> None:
        self._load = load
        self._count = lanes
        self._lock = threading.Lock()
        self._loaded: tuple[Detector, tuple[str, ...], Lanes] | None = None

    @property
    def name(self) -> str:
        """Name of the model; empty while none is loaded."""
        loaded = self._loaded
        return "" if loaded is None else loaded[0].name

    def share(self, camera: str, fps: float) -> tuple[DetectorShare, tuple[str, ...]]:
        """A camera's share, due `fps` detections a second, and the classes worth using.

        Raises:
            ModelError: the model cannot be loaded.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._made()
            first, classes, lanes = self._loaded
        return DetectorShare(camera, fps, first.name, first.labels, lanes), classes

    def _made(self) -> tuple[Detector, tuple[str, ...], Lanes]:
        began_s = time.monotonic()
        made = [self._load() for _ in range(self._count)]
        detector, classes = made[0]
        took_s = time.monotonic() - began_s
        log.info("model %s loaded, %d times, in %.1f s", detector.name, self._count, took_s)
        return detector, classes, Lanes([each for each, _ in made], self._load)
