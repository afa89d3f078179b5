"""What turns a model's output tensors into detections; which one is used, the model's contract says."""

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray

from edge_agent.perception.detections import Detections

TensorDetails = dict[str, Any]
"""What an interpreter tells of one tensor: `name`, `index`, `shape`, `dtype` and more."""
ReadTensor = Callable[[int], NDArray[Any]]
"""Gives the content of a tensor by its index."""


class Head(Protocol):
    """Reads the outputs of one model."""

    def read(self, tensor: ReadTensor, min_score: float) -> Detections:
        """Boxes of the latest run with at least `min_score`, normalised to the model's picture."""
