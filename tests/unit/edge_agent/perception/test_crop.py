"""Boxes found in a crop are those of the picture, tiles or not."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.crop import CroppedDetector
from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import Detector
from edge_agent.perception.tiling import tiled
from edge_agent.perception.view import EVERYWHERE, Place, View

YARD = View((Place(((0.5, 0.5), (0.7, 0.5), (0.7, 0.7), (0.5, 0.7)), 0.1),))


@dataclass
class Square:
    """Finds the bright square of a picture."""

    name: str = "square/1"
    labels: tuple[str, ...] = ("person",)
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        self.shapes.append(image.shape[:2])
        rows, columns = np.nonzero(image[:, :, 1] > 200)
        if not len(rows):
            return Detections.none()
        height, width = image.shape[:2]
        box = (columns.min() / width, rows.min() / height)
        box += ((columns.max() + 1) / width, (rows.max() + 1) / height)
        return Detections(np.array([box], np.float32), np.zeros(1, np.int64), np.ones(1, np.float32))


def picture(x: int, y: int, width: int = 333, height: int = 201) -> NDArray[np.uint8]:
    image = np.full((height, width, 3), 50, np.uint8)
    image[y : y + 20, x : x + 10] = 250
    return image


def test_the_model_is_the_one_within() -> None:
    detector = CroppedDetector(Square(), YARD)
    assert (detector.name, detector.labels) == ("square/1", ("person",))


@pytest.mark.parametrize("tiles", [1, 2, 3])
@pytest.mark.parametrize("place", [(150, 70), (200, 110), (160, 128)])
def test_a_box_in_the_crop_is_where_it_is_in_the_picture(tiles: int, place: tuple[int, int]) -> None:
    inner = Square()
    whole: Detector = tiled(inner, tiles)
    image = picture(*place)
    x, y = place
    found = CroppedDetector(whole, YARD).detect(image)
    assert len(found) == 1
    assert found.xyxy[0] == pytest.approx((x / 333, y / 201, (x + 10) / 333, (y + 20) / 201), abs=1e-6)
    assert all(height < 201 and width < 333 for height, width in inner.shapes)
    assert len(inner.shapes) == tiles


def test_what_lies_outside_the_crop_is_not_seen() -> None:
    assert len(CroppedDetector(Square(), YARD).detect(picture(5, 5))) == 0


def test_without_places_the_picture_goes_through_untouched() -> None:
    inner = Square()
    found = CroppedDetector(inner, EVERYWHERE).detect(picture(5, 5))
    assert inner.shapes == [(201, 333)]
    assert len(found) == 1


def test_a_picture_of_another_size_is_cropped_anew() -> None:
    inner = Square()
    detector = CroppedDetector(inner, YARD)
    detector.detect(picture(5, 5))
    detector.detect(picture(5, 5, width=640, height=360))
    first, second = inner.shapes
    assert second[0] > first[0]
    assert second[1] > first[1]
