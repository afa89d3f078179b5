from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.tiling import TiledDetector, merged, spans, tiled, without_doubles

TWO = ((0.0, 0.6), (0.4, 1.0))
Row = tuple[float, float, float, float, int, float]
"""Box, class id, score."""


def some(*rows: Row) -> Detections:
    return Detections(
        np.array([row[:4] for row in rows], np.float32).reshape(len(rows), 4),
        np.array([row[4] for row in rows], np.int64),
        np.array([row[5] for row in rows], np.float32),
    )


def rows(found: Detections) -> list[Row]:
    return [
        (*(round(edge, 3) for edge in box), class_id, round(score, 3))
        for box, class_id, score in zip(
            found.xyxy.tolist(), found.class_id.tolist(), found.score.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize(
    ("tiles", "expected"),
    [(1, ((0.0, 1.0),)), (2, ((0.0, 0.6), (0.4, 1.0))), (3, ((0.0, 0.4), (0.3, 0.7), (0.6, 1.0)))],
)
def test_tiles_cover_the_picture_and_overlap(tiles: int, expected: tuple[tuple[float, float], ...]) -> None:
    assert [pytest.approx(span) for span in expected] == list(spans(tiles))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param(
            [(0.1, 0.2, 0.2, 0.5, 0, 0.9)],
            [(0.8, 0.2, 0.9, 0.5, 0, 0.8)],
            [(0.1, 0.2, 0.2, 0.5, 0, 0.9), (0.8, 0.2, 0.9, 0.5, 0, 0.8)],
            id="one in each",
        ),
        pytest.param(
            [(0.45, 0.2, 0.55, 0.5, 0, 0.7)],
            [(0.45, 0.21, 0.55, 0.5, 0, 0.9)],
            [(0.45, 0.21, 0.55, 0.5, 0, 0.9)],
            id="in both: the surer box",
        ),
        pytest.param(
            [(0.56, 0.2, 0.6, 0.5, 0, 0.95)],
            [(0.56, 0.2, 0.68, 0.5, 0, 0.6)],
            [(0.56, 0.2, 0.68, 0.5, 0, 0.6)],
            id="cut off on the left: the whole box of the right, even if less sure",
        ),
        pytest.param(
            [(0.2, 0.2, 0.6, 0.5, 2, 0.7)],
            [(0.4, 0.22, 0.9, 0.52, 2, 0.8)],
            [(0.2, 0.2, 0.9, 0.52, 2, 0.8)],
            id="a bus wider than the overlap: the union",
        ),
        pytest.param(
            [(0.2, 0.2, 0.6, 0.5, 2, 0.9)],
            [(0.4, 0.06, 0.7, 0.54, 2, 0.1), (0.4, 0.2, 0.9, 0.5, 2, 0.8)],
            [(0.2, 0.2, 0.9, 0.5, 2, 0.9), (0.4, 0.06, 0.7, 0.54, 2, 0.1)],
            id="of two right halves the surer one",
        ),
        pytest.param(
            [(0.2, 0.0, 0.6, 0.2, 2, 0.7)],
            [(0.4, 0.5, 0.9, 0.9, 2, 0.8)],
            [(0.4, 0.5, 0.9, 0.9, 2, 0.8), (0.2, 0.0, 0.6, 0.2, 2, 0.7)],
            id="two halves at different heights are two objects",
        ),
        pytest.param(
            [(0.45, 0.2, 0.55, 0.5, 0, 0.7)],
            [(0.45, 0.2, 0.55, 0.5, 1, 0.9)],
            [(0.45, 0.2, 0.55, 0.5, 1, 0.9), (0.45, 0.2, 0.55, 0.5, 0, 0.7)],
            id="two classes in one place",
        ),
        pytest.param([], [], [], id="nothing"),
    ],
)
def test_what_two_tiles_see_is_merged(left: list[Row], right: list[Row], expected: list[Row]) -> None:
    assert expected == rows(merged([some(*left), some(*right)], TWO))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param(
            [(0.2, 0.2, 0.6, 0.5, 2, 0.7)],
            [(0.4, 0.22, 0.9, 0.52, 3, 0.8)],
            [(0.2, 0.2, 0.9, 0.52, 3, 0.8)],
            id="one half looks like another class of its group: the surer one's",
        ),
        pytest.param(
            [(0.3, 0.2, 0.58, 0.5, 3, 0.8)],
            [(0.4, 0.2, 0.58, 0.5, 2, 0.7)],
            [(0.3, 0.2, 0.58, 0.5, 3, 0.8)],
            id="a piece looks like another class of its group",
        ),
        pytest.param(
            [(0.2, 0.2, 0.6, 0.5, 0, 0.7)],
            [(0.4, 0.2, 0.9, 0.5, 2, 0.8)],
            [(0.4, 0.2, 0.9, 0.5, 2, 0.8), (0.2, 0.2, 0.6, 0.5, 0, 0.7)],
            id="halves of another group are two objects",
        ),
    ],
)
def test_classes_that_are_taken_for_one_another_are_one_object(
    left: list[Row], right: list[Row], expected: list[Row]
) -> None:
    groups = np.array([0, 1, 2, 2])
    assert expected == rows(merged([some(*left), some(*right)], TWO, groups))


def test_an_object_over_three_tiles_is_one() -> None:
    three = ((0.0, 0.4), (0.3, 0.7), (0.6, 1.0))
    parts = [
        some((0.1, 0.2, 0.4, 0.5, 0, 0.6)),
        some((0.3, 0.2, 0.7, 0.5, 0, 0.9)),
        some((0.6, 0.2, 0.9, 0.5, 0, 0.7)),
    ]
    assert rows(merged(parts, three)) == [(0.1, 0.2, 0.9, 0.5, 0, 0.9)]


def test_of_doubles_the_surest_stays_and_neighbours_too() -> None:
    found = some((0.1, 0.1, 0.2, 0.4, 0, 0.5), (0.1, 0.1, 0.21, 0.4, 0, 0.9), (0.16, 0.1, 0.26, 0.4, 0, 0.4))
    assert [row[5] for row in rows(without_doubles(found))] == [0.9, 0.4]


@dataclass
class Spotter:
    """Finds the one red pixel of a picture, as a small box around it."""

    name: str = "spotter"
    labels: tuple[str, ...] = ("dot",)
    widths: list[int] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        height, width = image.shape[:2]
        self.widths.append(width)
        y, x = np.nonzero(image[:, :, 2])
        boxes = [
            ((at_x - 2) / width, (at_y - 2) / height, (at_x + 2) / width, (at_y + 2) / height, 0, 0.9)
            for at_x, at_y in zip(x.tolist(), y.tolist(), strict=True)
        ]
        return some(*boxes)


@pytest.mark.parametrize("x", [10, 95, 100, 105, 190])
def test_a_tiled_detector_finds_things_where_they_are(x: int) -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[50, x, 2] = 255
    spotter = Spotter()
    found = TiledDetector(spotter, 2).detect(image)
    assert spotter.widths == [120, 120]
    assert [((x - 2) / 200, 0.48, (x + 2) / 200, 0.52)] == [pytest.approx(row[:4]) for row in rows(found)]


def test_one_tile_is_the_detector_itself() -> None:
    spotter = Spotter()
    assert tiled(spotter, 1) is spotter
    two = tiled(spotter, 2)
    assert (two.name, two.labels) == ("spotter", ("dot",))
