"""Read a model that ends in `TFLite_Detection_PostProcess`, as Coral's `detect.tflite` has it.

Outputs: boxes [1, n, 4] (ymin, xmin, ymax, xmax), classes [1, n], scores [1, n], count [1]; doubles are
already removed. Converters scramble their order, so they are told apart by name and shape.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import ModelError
from edge_agent.perception.head import ReadTensor, TensorDetails

POSTPROCESSED: Final = "TFLite_Detection_PostProcess"
"""Name of this contract in the catalogue."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Tensor indices of the four outputs."""

    boxes: int
    classes: int
    scores: int
    count: int


def find_outputs(details: list[TensorDetails]) -> Outputs:
    """Tell the four outputs apart by name and shape.

    Raises:
        ModelError: the outputs are not those of the contract.
    """
    boxes = [d for d in details if len(d["shape"]) == 3 and d["shape"][-1] == 4]  # noqa: PLR2004  (1, n, 4)
    count = [d for d in details if tuple(d["shape"]) in {(1,), ()}]
    rows = [d for d in details if len(d["shape"]) == 2]  # noqa: PLR2004  (1, n)
    classes = [d for d in rows if _role(str(d["name"])) == "classes"]
    scores = [d for d in rows if _role(str(d["name"])) == "scores"]
    found = (boxes, classes, scores, count)
    if any(len(some) != 1 for some in found):
        seen = ", ".join(f"{d['name']} {[int(n) for n in d['shape']]}" for d in details)
        raise ModelError(
            "the model's outputs are not boxes [1,n,4], classes [1,n], scores [1,n], count [1]; "
            f"it has {seen}: export it with TFLite_Detection_PostProcess (see models/README.md)"
        )
    return Outputs(*(int(some[0]["index"]) for some in found))


def _role(name: str) -> str:
    """`classes`, `scores` or nothing, from the names that the known exporters give."""
    lowered = name.lower()
    if "score" in lowered:
        return "scores"
    if "class" in lowered:
        return "classes"
    stem, _, number = lowered.rpartition(":")
    if stem.endswith("tflite_detection_postprocess"):
        return {"1": "classes", "2": "scores"}.get(number, "")
    if stem.endswith("statefulpartitionedcall"):  # TensorFlow 2's exporter counts backwards
        return {"1": "scores", "2": "classes"}.get(number, "")
    return ""


class PostprocessedHead:
    """Reads the four outputs.

    Args:
        details: the model's output tensors.
        classes: how many class ids have a label.

    Raises:
        ModelError: the outputs are not those of the contract.
    """

    def __init__(self, details: list[TensorDetails], classes: int) -> None:
        self._outputs = find_outputs(details)
        self._classes = classes

    def read(self, tensor: ReadTensor, min_score: float) -> Detections:
        """Boxes of the latest run with at least `min_score`, normalised to the model's picture."""
        outputs = self._outputs
        count = int(tensor(outputs.count).reshape(-1)[0])
        score = tensor(outputs.scores)[0, :count]
        wanted = np.flatnonzero(score >= min_score)
        yxyx = tensor(outputs.boxes)[0][wanted]
        class_id = tensor(outputs.classes)[0][wanted].astype(np.int64)
        xyxy = np.clip(yxyx[:, [1, 0, 3, 2]], 0, 1).astype(np.float32)
        real = (
            (xyxy[:, 2] > xyxy[:, 0])
            & (xyxy[:, 3] > xyxy[:, 1])
            & (class_id >= 0)
            & (class_id < self._classes)
        )
        return Detections(xyxy[real], class_id[real], score[wanted][real].astype(np.float32))
