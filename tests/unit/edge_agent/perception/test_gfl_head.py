"""Raw heads against boxes worked out by hand: a picture of 32 × 16 pixels, cells of 8 and 16, three bins."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.detector import ModelError
from edge_agent.perception.gfl_head import MOST, GflHead, GridSpec, distances

SIZE = (32, 16)
CLASSES = 2
BINS = 3
CELLS = {8: 8, 16: 2}
SURE = 20.0  # a logit that leaves nothing to the other bins

Outputs = dict[int, NDArray[np.float32]]


def tensor(name: str, index: int, *shape: int) -> dict[str, Any]:
    return {"name": name, "index": index, "shape": shape}


PAIRS = [
    tensor("edges of 16", 0, 1, 2, 4 * BINS),
    tensor("scores of 8", 1, 1, 8, CLASSES),
    tensor("scores of 16", 2, 1, 2, CLASSES),
    tensor("edges of 8", 3, 1, 8, 4 * BINS),
]
JOINED = [tensor("output", 0, 1, 10, CLASSES + 4 * BINS)]


def logits(*bins: int) -> NDArray[np.float32]:
    """Distributions that are sure of one bin for each of left, top, right, bottom."""
    row = np.zeros((4, BINS), np.float32)
    row[np.arange(4), bins] = SURE
    return row.ravel()


def empty() -> Outputs:
    return {int(d["index"]): np.zeros(d["shape"], np.float32) for d in PAIRS}


def joined(pairs: Outputs) -> Outputs:
    rows = [np.concatenate([pairs[1], pairs[3]], axis=2), np.concatenate([pairs[2], pairs[0]], axis=2)]
    return {0: np.concatenate(rows, axis=1)}


def head(details: list[dict[str, Any]] = PAIRS, centre: float = 0.5) -> GflHead:
    return GflHead(details, classes=CLASSES, size=SIZE, grids=GridSpec((8, 16), centre))


def pixels(found: Any) -> list[list[float]]:
    return [pytest.approx(row) for row in (found.xyxy * np.array([32, 16, 32, 16])).tolist()]


@pytest.mark.parametrize(
    ("place", "bins", "centre", "expected"),
    [
        # The centre of cell 6 of the fine grid, row 1, column 2, is at 20, 12.
        ((8, 6), (1, 1, 1, 0), 0.5, [12, 4, 28, 12]),
        ((8, 6), (2, 1, 0, 0), 0.5, [4, 4, 20, 12]),
        # With centres in the corners of cells it is at 16, 8.
        ((8, 6), (1, 1, 1, 0), 0.0, [8, 0, 24, 8]),
        # The second coarse cell has its centre at 24, 8; the box is cut at the picture's edge.
        ((16, 1), (1, 1, 1, 1), 0.5, [8, 0, 32, 16]),
    ],
)
@pytest.mark.parametrize("layout", ["pairs", "joined"])
def test_a_cell_becomes_the_box_worked_out_by_hand(
    place: tuple[int, int], bins: tuple[int, ...], centre: float, expected: list[float], layout: str
) -> None:
    pairs = empty()
    stride, cell = place
    scores, edges = (1, 3) if stride == 8 else (2, 0)
    pairs[scores][0, cell] = (0.25, 0.75)
    pairs[edges][0, cell] = logits(*bins)
    details, values = (PAIRS, pairs) if layout == "pairs" else (JOINED, joined(pairs))
    found = head(details, centre).read(values.__getitem__, 0.3)
    assert pixels(found) == [expected]
    assert found.class_id.tolist() == [1]
    assert found.score.tolist() == [0.75]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((0.0, 0.0, 0.0), 1.0),
        ((SURE, 0.0, 0.0), 0.0),
        ((0.0, 0.0, SURE), 2.0),
        ((SURE, SURE, 0.0), 0.5),
        ((1000.0, 1000.0, 1000.0), 1.0),
        ((float(np.log(1)), float(np.log(2)), float(np.log(5))), 1.5),
    ],
)
def test_a_distance_is_the_mean_of_its_distribution(row: tuple[float, ...], expected: float) -> None:
    assert distances(np.array([row * 4], np.float32)).tolist() == [pytest.approx([expected] * 4, abs=1e-6)]


def test_nothing_is_found_where_no_score_is_high_enough() -> None:
    pairs = empty()
    pairs[1][0, :, 0] = 0.29
    assert len(head().read(pairs.__getitem__, 0.3)) == 0


def test_neighbouring_cells_with_one_object_give_one_box() -> None:
    pairs = empty()
    pairs[1][0, 5], pairs[3][0, 5] = (0.6, 0), logits(0, 1, 2, 0)
    pairs[1][0, 6], pairs[3][0, 6] = (0.9, 0), logits(1, 1, 1, 0)
    found = head().read(pairs.__getitem__, 0.3)
    assert (pixels(found), found.score.tolist()) == ([[12, 4, 28, 12]], [pytest.approx(0.9)])


def test_a_box_of_no_size_is_left_out() -> None:
    pairs = empty()
    pairs[1][0, 6], pairs[3][0, 6] = (0.9, 0), logits(0, 1, 0, 1)
    assert len(head().read(pairs.__getitem__, 0.3)) == 0


def test_the_number_of_boxes_is_bounded_and_the_surest_stay() -> None:
    side = 8 * 40
    details = [tensor("scores", 0, 1, 1600, 1), tensor("edges", 1, 1, 1600, 8)]
    edges = np.zeros((1, 1600, 4, 2), np.float32)
    edges[..., 1] = -1.0  # a quarter of a cell to each side: no two boxes overlap
    scores = np.linspace(0.4, 0.9, 1600, dtype=np.float32).reshape(1, 1600, 1)
    values = {0: scores, 1: edges.reshape(1, 1600, 8)}
    found = GflHead(details, classes=1, size=(side, side), grids=GridSpec((8,))).read(values.__getitem__, 0.3)
    assert len(found) == MOST
    assert float(scores[0, 1600 - MOST, 0]) == found.score.min()


@pytest.mark.parametrize(
    "details",
    [
        pytest.param(PAIRS[:3], id="a distribution is missing"),
        pytest.param([*PAIRS[:3], tensor("edges of 8", 3, 1, 8, 13)], id="not four edges"),
        pytest.param([*PAIRS[:3], tensor("edges of 8", 3, 1, 8, 4)], id="boxes, not distributions"),
        pytest.param([*PAIRS[:3], tensor("edges of 8", 3, 1, 9, 12)], id="another grid"),
        pytest.param([tensor("output", 0, 1, 9, 14)], id="joined, another grid"),
        pytest.param([tensor("output", 0, 1, 10, 13)], id="joined, not four edges"),
    ],
)
def test_outputs_that_do_not_fit_are_refused_with_their_shapes(details: list[dict[str, Any]]) -> None:
    with pytest.raises(ModelError, match=r"grids of 8, 2 cells; it has .*strides") as refusal:
        head(details)
    assert all(str(detail["name"]) in str(refusal.value) for detail in details)
