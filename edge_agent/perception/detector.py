"""What the pipeline asks of a detector, whatever runs it."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections


class PerceptionError(Exception):
    """Base of what goes wrong between a frame and its tracks."""


class ModelError(PerceptionError):
    """A model cannot be used; the message says what is wrong with it and what to do."""


class Detector(Protocol):
    """Finds objects in one picture; owned by one thread."""

    @property
    def name(self) -> str:
        """Name of the model, as events carry it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of each class id."""

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Boxes in a picture of shape (height, width, 3), order BGR; normalised to that picture."""
