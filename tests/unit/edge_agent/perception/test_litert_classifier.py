from pathlib import Path

import numpy as np
import pytest
from fakes.tiny_classifier import LABELS, placed, tiny_classifier

from edge_agent.perception.catalogue import resolve
from edge_agent.perception.classification_head import CLASSIFICATION, ClassificationHead
from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_classifier import LiteRtClassifier
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.model_spec import ModelSpec


def spec_of(path: Path, *, labels: tuple[str, ...] = LABELS, contract: str = CLASSIFICATION) -> ModelSpec:
    path.write_bytes(tiny_classifier())
    return ModelSpec("heads/float", path, labels, contract=contract)


@pytest.mark.parametrize(("grey", "expected"), [(230, "helmet"), (20, "no_helmet")])
def test_a_picture_is_named_with_a_score(tmp_path: Path, grey: int, expected: str) -> None:
    classifier = LiteRtClassifier(resolve("heads", (placed(tmp_path),), "litert"))
    label, score = classifier.classify(np.full((61, 47, 3), grey, np.uint8))
    assert (classifier.name, label) == ("heads/float", expected)
    assert 0.9 < score <= 1.0


def test_a_detector_is_no_classifier(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match="has contract 'TFLite_Detection_PostProcess', and naming what heads wear"
    ):
        LiteRtClassifier(spec_of(tmp_path / "m.tflite", contract="TFLite_Detection_PostProcess"))


def test_a_classifier_is_no_detector(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="outputs are not boxes"):
        LiteRtDetector(spec_of(tmp_path / "m.tflite"))


def test_labels_that_do_not_fit_the_output_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"one score for each of its 3 labels \[1,3\]; it has .* \[1, 2\]"):
        LiteRtClassifier(spec_of(tmp_path / "m.tflite", labels=("a", "b", "c")))


def test_a_quantised_output_is_scaled_back() -> None:
    details = [{"name": "scores", "index": 5, "shape": [1, 3], "quantization": (1 / 256, -128)}]
    head = ClassificationHead(details, 3)
    scores = np.array([[-128, 64, -64]], np.int8)
    found = head.read(lambda index: {5: scores}[index], 0.0)
    assert (found.class_id.tolist(), found.score.tolist()) == ([1], [0.75])
    assert found.xyxy.tolist() == [[0, 0, 1, 1]]
    assert len(head.read(lambda _: scores, 0.8)) == 0


def test_scores_that_are_no_numbers_name_nothing() -> None:
    head = ClassificationHead([{"name": "scores", "index": 0, "shape": [1, 2]}], 2)
    assert len(head.read(lambda _: np.array([[np.nan, np.nan]], np.float32), 0.0)) == 0
