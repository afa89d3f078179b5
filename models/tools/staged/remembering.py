"""A detector that remembers what it found in a picture, for pictures that come again.

The frames of a clip at 5, 10 and 15 frames a second, and those that are left when some are dropped, are the
same pictures over and over: half of the work of an evaluation. What is remembered is what would be found.
"""

from collections import OrderedDict
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector

MOST: Final = 16_384
"""Pictures remembered; the oldest goes. Enough for the clips of one row of the table."""


class RememberingDetector:
    """Runs a detector once for each different picture; itself a detector.

    Args:
        detector: gives the same answer for the same picture.
        most: how many answers are kept.
    """

    def __init__(self, detector: Detector, most: int = MOST) -> None:
        self._detector = detector
        self._most = most
        self._known: OrderedDict[bytes, Detections] = OrderedDict()

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._detector.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of each class id."""
        return self._detector.labels

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Boxes in a picture of shape (height, width, 3), order BGR; normalised to that picture."""
        key = blake2b(image.tobytes(), digest_size=16, key=repr(image.shape).encode()).digest()
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._detector.detect(image)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return found
