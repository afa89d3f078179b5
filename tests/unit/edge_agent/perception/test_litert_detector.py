from pathlib import Path

import pytest

from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_detector import LiteRtDetector, Outputs, find_outputs
from edge_agent.perception.model_spec import ModelSpec

OPERATOR = "TFLite_Detection_PostProcess"


def tensor(name: str, index: int, *shape: int) -> dict[str, object]:
    return {"name": name, "index": index, "shape": shape}


@pytest.mark.parametrize(
    "details",
    [
        pytest.param(
            [
                tensor(OPERATOR, 1, 1, 100, 4),
                tensor(f"{OPERATOR}:1", 2, 1, 100),
                tensor(f"{OPERATOR}:2", 3, 1, 100),
                tensor(f"{OPERATOR}:3", 4, 1),
            ],
            id="the operator's order",
        ),
        pytest.param(
            [
                tensor(f"{OPERATOR}:3", 4, 1),
                tensor(f"{OPERATOR}:2", 3, 1, 100),
                tensor(OPERATOR, 1, 1, 100, 4),
                tensor(f"{OPERATOR}:1", 2, 1, 100),
            ],
            id="scrambled",
        ),
        pytest.param(
            [
                tensor("StatefulPartitionedCall:1", 3, 1, 25),
                tensor("StatefulPartitionedCall:3", 1, 1, 25, 4),
                tensor("StatefulPartitionedCall:0", 4, 1),
                tensor("StatefulPartitionedCall:2", 2, 1, 25),
            ],
            id="TensorFlow 2's exporter",
        ),
        pytest.param(
            [
                tensor("detection_boxes", 1, 1, 25, 4),
                tensor("detection_classes", 2, 1, 25),
                tensor("detection_scores", 3, 1, 25),
                tensor("num_detections", 4, 1),
            ],
            id="plain names",
        ),
    ],
)
def test_outputs_are_told_apart_by_name_and_shape(details: list[dict[str, object]]) -> None:
    assert Outputs(boxes=1, classes=2, scores=3, count=4) == find_outputs(details)


@pytest.mark.parametrize(
    "details",
    [
        pytest.param([tensor("output", 0, 1, 8400, 84)], id="another kind of detector"),
        pytest.param(
            [tensor("a", 0, 1, 25, 4), tensor("b", 1, 1, 25), tensor("c", 2, 1, 25), tensor("d", 3, 1)],
            id="names that say nothing",
        ),
        pytest.param([tensor("probabilities", 0, 1, 1000)], id="a classifier"),
    ],
)
def test_other_outputs_are_refused_with_their_names(details: list[dict[str, object]]) -> None:
    with pytest.raises(ModelError, match=r"it has .*TFLite_Detection_PostProcess") as refusal:
        find_outputs(details)
    assert all(str(detail["name"]) in str(refusal.value) for detail in details)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read the model"),
        (b"", "not a TFLite model"),
        (b"#!/bin/sh\nexit 0\n", "not a TFLite model"),
        (b"\x1c\x00\x00\x00TFL3 and no more", "refuses this model"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "mine.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=words) as refusal:
        LiteRtDetector(ModelSpec("mine", path, ("person",)))
    assert str(path) in str(refusal.value)


def test_a_delegate_that_is_not_there_is_named(tmp_path: Path) -> None:
    model = tmp_path / "mine.tflite"
    model.write_bytes(b"\x1c\x00\x00\x00TFL3")
    library = tmp_path / "libedgetpu.so.1"
    with pytest.raises(ModelError, match=r"cannot load this delegate.*is the device plugged in") as refusal:
        LiteRtDetector(ModelSpec("mine", model, ("person",)), delegate=library)
    assert str(library) in str(refusal.value)
