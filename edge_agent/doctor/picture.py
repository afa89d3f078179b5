"""Whether a picture is of any use: too dark, or without detail. Pure."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

DARK_LUMA = 25.0
"""Mean luma of 255 below which a night picture shows nothing to the detector."""

BLURRED_SHARPNESS = 20.0
"""Variance of the Laplacian at 320x180: street scenes give 85 to 1,400, the same under a Gaussian blur of
8 px give 1.5 to 5.5."""

_SIZE = (320, 180)


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """Mean luma (0-255) and sharpness (variance of the Laplacian) at a fixed small size."""

    luma: float
    sharpness: float


def measure(image: NDArray[np.uint8]) -> PictureQuality:
    """Measure a picture of shape (height, width, 3), BGR."""
    small = cv2.resize(image, _SIZE, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return PictureQuality(float(grey.mean()), float(cv2.Laplacian(grey, cv2.CV_64F).var()))
