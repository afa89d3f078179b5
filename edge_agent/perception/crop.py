"""Show a detector only the part of the picture where rules look, so that what is small there is larger to it.

Tiles, where they are on, divide the crop as they would divide the picture. Neighbours: `view.py` decides
which part it is.
"""

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector
from edge_agent.perception.view import WHOLE, Box, View, crop_box, pixels


class CroppedDetector:
    """Runs a detector on a part of each picture and gives boxes of the whole; itself a detector."""

    def __init__(self, detector: Detector, view: View) -> None:
        self._detector = detector
        self._view = view

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._detector.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of each class id."""
        return self._detector.labels

    def shown(self, width: int, height: int) -> Box:
        """The part that is shown of a picture of this size, normalised."""
        return crop_box(self._view, width / height)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Boxes in a picture of shape (height, width, 3), order BGR, normalised to it."""
        height, width = image.shape[:2]
        shown = self.shown(width, height)
        if shown == WHOLE:
            return self._detector.detect(image)
        x1, y1, x2, y2 = pixels(shown, width, height)
        found = self._detector.detect(image[y1:y2, x1:x2])
        size = np.array([width, height, width, height], np.float32)
        scale = np.array([x2 - x1, y2 - y1, x2 - x1, y2 - y1], np.float32) / size
        shift = np.array([x1, y1, x1, y1], np.float32) / size
        return Detections(found.xyxy * scale + shift, found.class_id, found.score)
