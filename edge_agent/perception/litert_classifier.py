"""A classifier on LiteRT: names what a small picture shows, such as a rider's head.

Its catalogue entry has `contract = "Classification"`: input one RGB picture, output [1, n] scores, labels as
the entry says. One classifier belongs to one thread.
"""

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.classification_head import CLASSIFICATION, ClassificationHead
from edge_agent.perception.detector import ModelError
from edge_agent.perception.head import Head, TensorDetails
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.model_spec import ModelSpec


class LiteRtClassifier:
    """Runs one model file.

    Args:
        spec: the model file, its labels and how its input is scaled.
        threads: threads of the interpreter.

    Raises:
        ModelError: the model is no classifier, or cannot be used.
    """

    def __init__(self, spec: ModelSpec, *, threads: int = 1) -> None:
        if spec.contract != CLASSIFICATION:
            raise ModelError(
                f"{spec.path}: model {spec.name} has contract {spec.contract!r}, and naming what heads wear "
                f"takes {CLASSIFICATION!r}: name a classifier from models/catalog.toml"
            )
        self.name = spec.name
        self.labels = spec.labels
        self._runner = LiteRtDetector(spec, threads=threads, min_score=0.0, head_of=_head)

    def classify(self, crop: NDArray[np.uint8]) -> tuple[str, float]:
        """The likeliest label of a picture (height, width, 3), order BGR, and its score 0-1."""
        found = self._runner.detect(crop)
        if not len(found):  # scores that are no numbers
            return "", 0.0
        return self.labels[int(found.class_id[0])], float(found.score[0])


def _head(spec: ModelSpec, details: list[TensorDetails], size: tuple[int, int]) -> Head:
    del size  # scores have no place in the picture
    try:
        return ClassificationHead(details, len(spec.labels))
    except ModelError as error:
        raise ModelError(f"{spec.path}: {error}") from error
