"""The detectors of a node, shared by its cameras: each camera gets a share, served in the order of asking.

As many interpreters as may run side by side, at most one a camera: with four cameras on two cores, two
interpreters of one thread finished 1.2 to 1.4 times as many pictures as one of two threads. The order is kept
because a plain lock is not fair: it gave four equal cameras 11, 10, 4 and 2 pictures a second.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector

log = logging.getLogger(__name__)


class Lanes:
    """Detectors that several threads use, one thread each at a time, given out in the order of asking."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._changed = threading.Condition()
        self._free = list(detectors)
        self._next = 0
        self._serving = 0

    @contextlib.contextmanager
    def turn(self) -> Iterator[Detector]:
        """Wait for one's turn and a free detector; gives it back at the end."""
        with self._changed:
            mine, self._next = self._next, self._next + 1
            self._changed.wait_for(lambda: self._serving == mine and bool(self._free))
            self._serving += 1
            detector = self._free.pop()
            self._changed.notify_all()
        try:
            yield detector
        finally:
            with self._changed:
                self._free.append(detector)
                self._changed.notify_all()


class DetectorShare:
    """One camera's use of the common detectors; itself a detector.

    `last_s` is how long the last run took, waiting for its turn left out; `failed` whether it raised.
    """

    def __init__(self, name: str, labels: tuple[str, ...], lanes: Lanes) -> None:
        self.name = name
        self.labels = labels
        self._lanes = lanes
        self.last_s = 0.0
        self.failed = False

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Wait for this camera's turn and look."""
        with self._lanes.turn() as detector:
            began_s = time.perf_counter()
            self.failed = True
            found = detector.detect(image)
            self.failed = False
            self.last_s = time.perf_counter() - began_s
        return found


class DetectorPool:
    """Loads the model when the first camera asks, and again after it failed.

    Args:
        load: makes one detector and tells which classes are worth using; may raise ModelError.
        lanes: how many detectors to make.
    """

    def __init__(self, load: Callable[[], tuple[Detector, tuple[str, ...]]], lanes: int = 1) -> None:
        self._load = load
        self._count = lanes
        self._lock = threading.Lock()
        self._loaded: tuple[DetectorShare, tuple[str, ...], Lanes] | None = None

    @property
    def name(self) -> str:
        """Name of the model; empty while none is loaded."""
        loaded = self._loaded
        return "" if loaded is None else loaded[0].name

    def share(self) -> tuple[DetectorShare, tuple[str, ...]]:
        """A share and the classes worth using.

        Raises:
            ModelError: the model cannot be loaded.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._made()
            first, classes, lanes = self._loaded
        return DetectorShare(first.name, first.labels, lanes), classes

    def discard(self) -> None:
        """Load the model again for the next share: it failed in use."""
        with self._lock:
            self._loaded = None

    def _made(self) -> tuple[DetectorShare, tuple[str, ...], Lanes]:
        began_s = time.monotonic()
        made = [self._load() for _ in range(self._count)]
        detector, classes = made[0]
        took_s = time.monotonic() - began_s
        log.info("model %s loaded, %d times, in %.1f s", detector.name, self._count, took_s)
        lanes = Lanes([each for each, _ in made])
        return DetectorShare(detector.name, detector.labels, lanes), classes, lanes
