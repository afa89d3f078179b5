"""Read a model that names what a whole picture shows: one output [1, n], the score of each label.

Scores are 0-1, softmax or sigmoid inside the model; a quantised output is scaled back. What is read is one
box over the whole picture with the likeliest class, so that such a model runs as detectors do.
"""

from typing import Final

import numpy as np

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import ModelError
from edge_agent.perception.head import ReadTensor, TensorDetails

CLASSIFICATION: Final = "Classification"
"""Name of this contract in the catalogue."""
_WHOLE: Final = ((0.0, 0.0, 1.0, 1.0),)


class ClassificationHead:
    """Reads the scores of one picture.

    Args:
        details: the model's output tensors.
        classes: how many class ids have a label.

    Raises:
        ModelError: the outputs are not those of the contract.
    """

    def __init__(self, details: list[TensorDetails], classes: int) -> None:
        shapes = [tuple(int(n) for n in each["shape"]) for each in details]
        if shapes != [(1, classes)]:
            seen = ", ".join(
                f"{each['name']} {list(shape)}" for each, shape in zip(details, shapes, strict=True)
            )
            raise ModelError(
                f"the model's output is not one score for each of its {classes} labels [1,{classes}]; it has "
                f"{seen}: export it with softmax, and put one label a line into labels.txt"
            )
        self._scores = int(details[0]["index"])
        scale, zero = details[0].get("quantization", (0.0, 0))
        self._scale, self._zero = (float(scale), float(zero)) if scale else (1.0, 0.0)

    def read(self, tensor: ReadTensor, min_score: float) -> Detections:
        """The likeliest class, as a box over the whole picture; nothing below `min_score`."""
        scores = (tensor(self._scores)[0].astype(np.float32) - self._zero) * self._scale
        best = int(scores.argmax())
        if not scores[best] >= min_score:
            return Detections.none()
        return Detections(
            np.array(_WHOLE, np.float32), np.array([best], np.int64), scores[best : best + 1].clip(0, 1)
        )
