import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.perception.detections import Detections, iou, joined

corners = st.tuples(*[st.integers(0, 100)] * 2, *[st.integers(1, 50)] * 2).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 3),
        ((0, 0, 2, 2), (0, 0, 1, 1), 0.25),
        ((0, 0, 2, 2), (2, 0, 4, 2), 0.0),
        ((0, 0, 1, 1), (5, 5, 6, 6), 0.0),
    ],
)
def test_overlap_of_two_boxes(one: tuple[int, ...], other: tuple[int, ...], expected: float) -> None:
    found = iou(np.array([one], np.float32), np.array([other], np.float32))
    assert found.shape == (1, 1)
    assert expected == pytest.approx(float(found[0, 0]))


@given(st.lists(corners, min_size=1, max_size=6), st.lists(corners, min_size=1, max_size=6))
def test_overlap_is_symmetric_within_bounds_and_full_with_itself(
    ours: list[tuple[int, ...]], theirs: list[tuple[int, ...]]
) -> None:
    one, other = np.array(ours, np.float32), np.array(theirs, np.float32)
    found = iou(one, other)
    assert found.shape == (len(ours), len(theirs))
    np.testing.assert_allclose(found, iou(other, one).T)
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(np.diag(iou(one, one)), 1.0, rtol=1e-6)


def test_detections_are_taken_and_joined() -> None:
    some = Detections(
        np.array([[0, 0, 1, 1], [0, 0, 0.5, 0.5]], np.float32),
        np.array([3, 4], np.int64),
        np.array([0.9, 0.4], np.float32),
    )
    best = some.take(some.score > 0.5)
    assert best.class_id.tolist() == [3]
    both = joined([best, some])
    assert both.class_id.tolist() == [3, 3, 4]
    assert len(both) == 3
    assert len(Detections.none()) == 0
    assert joined([some]) is some
