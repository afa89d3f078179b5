import numpy as np
import pytest

from edge_agent.perception.detections import Detections
from edge_agent.perception.doubles import surest


def found(*rows: tuple[float, int, float]) -> Detections:
    """Boxes of half the picture's width, `left` from its left: (left, class, score)."""
    return Detections(
        np.array([[left, 0.0, left + 0.5, 1.0] for left, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([class_id for _, class_id, _ in rows], np.int64),
        np.array([score for _, _, score in rows], np.float32),
    )


@pytest.mark.parametrize(
    ("rows", "overlap", "expected"),
    [
        pytest.param([], 0.5, [], id="nothing"),
        pytest.param([(0.0, 0, 0.4), (0.1, 0, 0.9)], 0.5, [0.9], id="the surer one stays"),
        pytest.param([(0.0, 0, 0.9), (0.1, 1, 0.4)], 0.5, [0.9, 0.4], id="another class is another object"),
        pytest.param(
            [(0.0, 0, 0.4), (0.1, 0, 0.9)], 0.7, [0.9, 0.4], id="an overlap of 2/3 is less than 0.7"
        ),
        pytest.param(
            [(0.0, 0, 0.9), (0.15, 0, 0.8), (0.3, 0, 0.7)], 0.5, [0.9, 0.7], id="what is gone hides nothing"
        ),
        pytest.param([(0.0, 0, 0.5), (0.5, 0, 0.7)], 0.5, [0.7, 0.5], id="sure boxes come first"),
    ],
)
def test_of_boxes_that_overlap_the_surest_stays(
    rows: list[tuple[float, int, float]], overlap: float, expected: list[float]
) -> None:
    assert surest(found(*rows), overlap).score.tolist() == pytest.approx(expected)
