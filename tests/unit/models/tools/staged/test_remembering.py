"""A picture that comes again is not looked at again; any other one is."""

import numpy as np
from numpy.typing import NDArray
from staged.remembering import RememberingDetector

from edge_agent.perception.detections import Detections


class Counting:
    """A detector that finds one box as wide as the picture is bright, and counts its turns."""

    name = "counting"
    labels = ("person",)

    def __init__(self) -> None:
        self.turns = 0

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        self.turns += 1
        right = max(float(image.mean()) / 255, 0.01)
        return Detections(
            np.array([[0, 0, right, 1]], np.float32), np.zeros(1, np.int64), np.ones(1, np.float32)
        )


def picture(grey: int, shape: tuple[int, int] = (6, 8)) -> NDArray[np.uint8]:
    return np.full((*shape, 3), grey, np.uint8)


def test_the_same_picture_gives_the_same_answer_without_another_look() -> None:
    inner = Counting()
    detector = RememberingDetector(inner)
    first, again = detector.detect(picture(80)), detector.detect(picture(80))
    assert np.array_equal(first.xyxy, again.xyxy)
    assert (inner.turns, detector.name, detector.labels) == (1, "counting", ("person",))


def test_a_part_of_a_picture_is_a_picture_of_its_own() -> None:
    inner = Counting()
    detector = RememberingDetector(inner)
    whole = picture(80, (6, 16))
    whole[:, 8:] = 90
    left, right = detector.detect(whole[:, :8]), detector.detect(whole[:, 8:])
    assert left.xyxy[0, 2] < right.xyxy[0, 2]
    assert inner.turns == 2


def test_pictures_of_other_shapes_with_the_same_bytes_are_looked_at() -> None:
    inner = Counting()
    detector = RememberingDetector(inner)
    detector.detect(picture(80, (6, 8)))
    detector.detect(picture(80, (8, 6)))
    assert inner.turns == 2


def test_the_oldest_is_forgotten() -> None:
    inner = Counting()
    detector = RememberingDetector(inner, most=2)
    for grey in (10, 20, 30, 20, 10):
        detector.detect(picture(grey))
    assert inner.turns == 4
