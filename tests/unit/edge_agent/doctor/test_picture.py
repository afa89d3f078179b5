import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.doctor.picture import BLURRED_SHARPNESS, DARK_LUMA, measure


def street() -> NDArray[np.uint8]:
    """Something with edges: a chequered ground."""
    return (
        np.kron(np.indices((36, 64)).sum(axis=0) % 2, np.ones((5, 5)))[..., None]
        .repeat(3, axis=2)
        .astype(np.uint8)
        * 180
    )


def test_sharp_picture_by_day_is_sharp_and_bright() -> None:
    quality = measure(street())
    assert quality.luma > DARK_LUMA
    assert quality.sharpness > BLURRED_SHARPNESS


def test_blur_and_darkness_show() -> None:
    blurred = cv2.GaussianBlur(street(), (0, 0), 10).astype(np.uint8)
    assert measure(blurred).sharpness < BLURRED_SHARPNESS
    assert measure((street() * 0.1).astype(np.uint8)).luma < DARK_LUMA
