"""Pictures of a real street, and what may happen to a camera: derived from the demo's video by OpenCV."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Change = Callable[[Picture], Picture]

VIDEO = Path(__file__).resolve().parents[2] / "provisioning" / "demo" / "pedestrians.mp4"
WIDTH, HEIGHT = 256, 192


@cache
def street(count: int = 12) -> tuple[Picture, ...]:
    """Frames a second apart, people walking through them; never to be changed."""
    video = cv2.VideoCapture(str(VIDEO))
    found = []
    for index in range(count * 10):
        if not video.grab():
            break
        if index % 10 == 0:
            _, image = video.retrieve()
            found.append(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8))
    video.release()
    assert len(found) == count, "the demo's video cannot be read"
    return tuple(found)


@cache
def empty_street() -> Picture:
    """The same without the people: the median."""
    return np.median(np.stack(street()), axis=0).astype(np.uint8)


def noisy(image: Picture, seed: int, sigma: float = 2.0) -> Picture:
    """With the noise of a sensor, another for each seed."""
    noise = _noise(image.shape[0], image.shape[1], seed, sigma)
    return cv2.add(image, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


@cache
def _noise(rows: int, columns: int, seed: int, sigma: float) -> NDArray[np.int16]:
    return np.random.default_rng(seed).normal(0, sigma, (rows, columns, 3)).astype(np.int16)


def shifted(dx: float, dy: float) -> Change:
    """Moved by so many pixels."""
    return warped(np.array([[1, 0, dx], [0, 1, dy]], np.float32))


def turned(degrees: float) -> Change:
    """Turned around the middle."""
    return warped(cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.0).astype(np.float32))


def warped(matrix: NDArray[np.float32]) -> Change:
    """Any move in the plane of the picture."""

    def change(image: Picture) -> Picture:
        size = (image.shape[1], image.shape[0])
        return cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REFLECT).astype(np.uint8)

    return change


def darkened(gamma: float, gain: float = 1.0) -> Change:
    """As when light goes."""
    table = np.clip(255 * gain * (np.arange(256) / 255) ** gamma, 0, 255).astype(np.uint8)
    return lambda image: table[image]


def blurred(size: int) -> Change:
    """By a box of so many pixels."""
    return lambda image: cv2.blur(image, (size, size)).astype(np.uint8)


def covered(share: float) -> Change:
    """A hand or a leaf from the left over so much of the width."""

    def change(image: Picture) -> Picture:
        result = image.copy()
        result[:, : int(image.shape[1] * share)] = (70, 90, 80)
        return result

    return change


def with_bag(x: int, y: int, size: int, colour: tuple[int, int, int] = (215, 220, 225)) -> Change:
    """Something on the ground, `size` pixels wide, its bottom at y."""

    def change(image: Picture) -> Picture:
        result = image.copy()
        height = round(size * 0.8)
        cv2.ellipse(result, (x, y - height // 2), (size // 2, height // 2), 0, 0, 360, colour, -1)
        return result

    return change
