"""One interpreter for all cameras: each gets a share, and they are served in the order in which they ask.

One interpreter with all its threads, because memory is scarce on a node and two interpreters on the same
cores finish no more frames together. A plain lock would not be fair: the thread that has just let go of it
tends to get it again.
"""

import logging
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector

log = logging.getLogger(__name__)


class Queue:
    """A lock that is given in the order of asking."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = 0
        self._serving = 0

    def __enter__(self) -> None:
        with self._changed:
            mine, self._next = self._next, self._next + 1
            self._changed.wait_for(lambda: self._serving == mine)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._serving += 1
            self._changed.notify_all()


class DetectorShare:
    """One camera's use of the common detector; itself a detector.

    `last_s` is how long the last run took, waiting for its turn left out.
    """

    def __init__(self, detector: Detector, turn: Queue) -> None:
        self._detector = detector
        self._turn = turn
        self.last_s = 0.0

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._detector.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of each class id."""
        return self._detector.labels

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Wait for this camera's turn and look."""
        with self._turn:
            began_s = time.perf_counter()
            found = self._detector.detect(image)
            self.last_s = time.perf_counter() - began_s
        return found


class DetectorPool:
    """Loads the model once, when the first camera asks, and again after it failed.

    Args:
        load: makes the detector and tells which classes are worth using; may raise ModelError.
    """

    def __init__(self, load: Callable[[], tuple[Detector, tuple[str, ...]]]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: tuple[Detector, tuple[str, ...]] | None = None
        self._turn = Queue()

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
                began_s = time.monotonic()
                self._loaded = self._load()
                log.info("model %s loaded in %.1f s", self._loaded[0].name, time.monotonic() - began_s)
            detector, classes = self._loaded
        return DetectorShare(detector, self._turn), classes

    def discard(self) -> None:
        """Load the model again for the next share: it failed in use."""
        with self._lock:
            self._loaded = None
