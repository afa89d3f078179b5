"""Traffic signals as a camera sees them: light in linear units, a lens with a halo, an exposure, a sensor.

Everything is relative: 1 is a white wall in the light of the scene at the exposure 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
COLOURS = ("red", "amber", "green")
_EMITS = {"red": (0.02, 0.05, 1.0), "amber": (0.02, 0.45, 1.0), "green": (0.65, 1.0, 0.06)}
"""Linear BGR of the light of each lamp (LED: 625, 592 and 505 nm)."""
_LENS = {"red": (0.02, 0.03, 0.12), "amber": (0.02, 0.10, 0.16), "green": (0.07, 0.10, 0.03)}
"""Linear BGR of what each dark lens gives back of the light that falls on it."""
WIDTH, HEIGHT = 64, 96


@dataclass(frozen=True)
class View:
    """The conditions.

    Attributes:
        ambient: light on the housing.
        emits: how bright a lit lamp is.
        sky: light behind the housing.
        exposure: what the camera makes of it.
        halo: share of the light that the lens spreads widely.
        veil: light that the lens adds everywhere, as against the sun.
        noise: standard deviation of the sensor's noise, grey levels.
        size_px: diameter of a lamp.
        blur: of the lens, share of the diameter.
    """

    ambient: float = 0.5
    emits: float = 1.5
    sky: float = 0.9
    exposure: float = 1.0
    halo: float = 0.03
    veil: float = 0.0
    noise: float = 3.0
    size_px: int = 10
    blur: float = 0.1


def boxes(view: View, colours: Sequence[str] = COLOURS) -> tuple[dict[str, Box], Box]:
    """Boxes of the lamps and the housing, normalised."""
    size, left = view.size_px, WIDTH // 2 - view.size_px // 2
    lamps = {}
    for colour in colours:
        top = 20 + round(COLOURS.index(colour) * size * 1.3)
        lamps[colour] = (left / WIDTH, top / HEIGHT, (left + size) / WIDTH, (top + size) / HEIGHT)
    margin = max(2, size // 3)
    bottom = 20 + round(2 * size * 1.3) + size + margin
    housing = (
        (left - margin) / WIDTH,
        (20 - margin) / HEIGHT,
        (left + size + margin) / WIDTH,
        bottom / HEIGHT,
    )
    return lamps, housing


@cache
def picture(view: View, lit: tuple[str, ...], seed: int = 0) -> NDArray[np.uint8]:
    """A picture of a signal whose lamps in `lit` are lit."""
    rng = np.random.default_rng(seed)
    light = np.full((HEIGHT, WIDTH, 3), view.sky, np.float32)
    lamps, housing = boxes(view)
    x1, y1, x2, y2 = (round(value * scale) for value, scale in zip(housing, (WIDTH, HEIGHT) * 2, strict=True))
    light[y1:y2, x1:x2] = 0.03 * view.ambient
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH]
    for colour, (left, top, right, bottom) in lamps.items():
        centre_x, centre_y = (left + right) / 2 * WIDTH - 0.5, (top + bottom) / 2 * HEIGHT - 0.5
        disc = (xs - centre_x) ** 2 + (ys - centre_y) ** 2 <= (view.size_px / 2) ** 2
        light[disc] = np.array(_LENS[colour], np.float32) * view.ambient
        if colour in lit:
            light[disc] += np.array(_EMITS[colour], np.float32) * view.emits
    sharp = cv2.GaussianBlur(light, (0, 0), max(0.3, view.blur * view.size_px))
    wide = cv2.GaussianBlur(light, (0, 0), 0.8 * view.size_px)
    seen = ((1 - view.halo) * sharp + view.halo * wide + view.veil) * view.exposure
    tone = np.clip(seen, 0, 1) ** (1 / 2.2) * 255 + rng.normal(0, view.noise, seen.shape)
    return np.clip(np.round(tone), 0, 255).astype(np.uint8)
