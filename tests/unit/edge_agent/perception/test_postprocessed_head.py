from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.detector import ModelError
from edge_agent.perception.postprocessed_head import Outputs, PostprocessedHead, find_outputs

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


PLAIN = [
    tensor("boxes", 0, 1, 3, 4),
    tensor("classes", 1, 1, 3),
    tensor("scores", 2, 1, 3),
    tensor("count", 3, 1),
]
BOX = (0.2, 0.1, 0.6, 0.4)  # ymin, xmin, ymax, xmax


def outputs(
    boxes: list[tuple[float, ...]], classes: list[float], scores: list[float], count: float
) -> dict[int, NDArray[np.float32]]:
    values: tuple[Any, ...] = ([boxes], [classes], [scores], [count])
    return {index: np.array(value, np.float32) for index, value in enumerate(values)}


@pytest.mark.parametrize(
    ("boxes", "classes", "scores", "count", "expected"),
    [
        ([BOX] * 3, [0, 1, 0], [0.9, 0.5, 0.2], 3, [0, 1]),
        ([BOX] * 3, [0, 1, 0], [0.9, 0.5, 0.8], 1, [0]),
        ([BOX] * 3, [0, 2, -1], [0.9, 0.9, 0.9], 3, [0]),
        ([BOX, (0.6, 0.1, 0.2, 0.4), (0.2, 0.4, 0.6, 0.4)], [0, 0, 0], [0.9, 0.9, 0.9], 3, [0]),
        ([BOX] * 3, [0, 0, 0], [0.1, 0.1, 0.1], 3, []),
    ],
    ids=["the unsure is left out", "only so many count", "classes without a label", "empty boxes", "nothing"],
)
def test_what_counts_is_read(
    boxes: list[tuple[float, ...]],
    classes: list[float],
    scores: list[float],
    count: float,
    expected: list[int],
) -> None:
    found = PostprocessedHead(PLAIN, 2).read(outputs(boxes, classes, scores, count).__getitem__, 0.3)
    assert expected == found.class_id.tolist()
    assert found.xyxy.tolist() == [pytest.approx([0.1, 0.2, 0.4, 0.6])] * len(expected)


def test_a_box_that_leaves_the_picture_is_cut() -> None:
    found = PostprocessedHead(PLAIN, 1).read(
        outputs([(-0.2, -0.1, 1.5, 1.1)] * 3, [0, 0, 0], [0.9, 0, 0], 3).__getitem__, 0.3
    )
    assert found.xyxy.tolist() == [[0.0, 0.0, 1.0, 1.0]]
