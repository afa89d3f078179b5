"""Which lamp of a traffic signal is lit in a picture, and how sure that is.

A lamp is judged by its place: it is lit when its disc is evenly brighter than the other lamps (a halo is not
even), or than the housing where only one is given, and when the light around its clipped core has its colour.
What contradicts (another colour's light, two lamps lit that never are together, the sun on every lens) is no
reading at all rather than a guess. Stateless: each picture is judged by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Xyxy = tuple[float, float, float, float]
Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

OFF: Final = "off"
LEAST_PX: Final = 3
"""Smaller lamps cannot be read."""
_EVEN: Final = 30
"""Percentile of the disc's brightness: a lit lamp is bright all over, a neighbour's halo is not."""
_STEP: Final = 0.22
"""Difference of brightness (0-1) between a lit lamp and a dark one that is beyond doubt."""
_TINT: Final = (0.04, 0.16)
"""How much of its own colour (0-1) a lit lamp shows: none below the first, beyond doubt from the second."""
_DARK_STEP: Final = 0.07
"""Lamps that differ by less are all dark."""
_ALSO_LIT: Final = 0.7
"""A lamp that stands out by this share of what the brightest does is lit too."""
_CLIPPED: Final = 0.97
_HALO: Final = 0.35
"""Share of the lamp's size around it in which its halo shows its colour."""


@dataclass(frozen=True, slots=True)
class Glow:
    """What one picture shows of one signal.

    Attributes:
        colour: `red`, `amber`, `green` or `off`; empty when none could be made out.
        confidence: 0-1.
    """

    colour: str
    confidence: float


UNREADABLE: Final = Glow("", 0.0)


@dataclass(frozen=True, slots=True)
class _Lamp:
    """One lamp: its even brightness, and how much of each colour its light has."""

    colour: str
    light: float
    tints: Mapping[str, float]


def read_signal(image: Image, lamps: Mapping[str, Xyxy], box: Xyxy | None = None) -> Glow:
    """Which lamp is lit.

    Args:
        image: BGR, shape (height, width, 3).
        lamps: box of each lamp by its colour, normalised 0-1.
        box: the housing; with a single lamp its dark is what the lamp is compared with.
    """
    read = [_read(image, colour, lamp) for colour, lamp in lamps.items()]
    found = [lamp for lamp in read if lamp is not None]
    if not found or len(found) < len(read):
        return UNREADABLE
    base = _base(image, found, lamps, box)
    if base is None:
        return UNREADABLE
    found.sort(key=lambda lamp: lamp.light, reverse=True)
    best, step = found[0], found[0].light - base
    if step < _DARK_STEP:
        return Glow(OFF, 1.0 - 0.3 * step / _DARK_STEP) if best.light < _CLIPPED else UNREADABLE
    lit = [lamp for lamp in found if lamp.light - base >= _ALSO_LIT * step]
    names = {lamp.colour for lamp in lit}
    if len(lit) > 1 and names != {"red", "amber"}:
        return _brightest_by_tint(lit, step)
    rest = max((lamp.light for lamp in found if lamp not in lit), default=base)
    red = next((lamp for lamp in lit if lamp.colour == "red"), best)
    return _judged(red, red.light - rest)


def _judged(lamp: _Lamp, step: float) -> Glow:
    """A lamp that stands out by `step`: how sure it is that it is lit, and with its own colour."""
    own = lamp.tints[lamp.colour]
    if max(lamp.tints.values()) > own + _TINT[0]:
        return UNREADABLE
    by_light = min(1.0, max(0.0, step / _STEP))
    by_tint = min(1.0, max(0.0, (own - _TINT[0]) / (_TINT[1] - _TINT[0])))
    return Glow(lamp.colour, float(min(by_light, 0.4 + 0.6 * by_tint)))


def _brightest_by_tint(lit: list[_Lamp], step: float) -> Glow:
    """Several discs are bright, as when overexposed: one that alone has its own colour is likely lit."""
    tinted = [lamp for lamp in lit if lamp.tints[lamp.colour] >= _TINT[1]]
    if len(tinted) != 1:
        return UNREADABLE
    return Glow(tinted[0].colour, 0.5 * min(1.0, step / _STEP))


def _base(image: Image, found: list[_Lamp], lamps: Mapping[str, Xyxy], box: Xyxy | None) -> float | None:
    """Brightness of what is dark for sure: the darkest lamp, or the housing when there is only one lamp."""
    if len(found) > 1:
        return min(lamp.light for lamp in found)
    return None if box is None else _housing(image, lamps, box)


def _read(image: Image, colour: str, lamp: Xyxy) -> _Lamp | None:
    x1, y1, x2, y2 = _pixels(image, lamp)
    if x2 - x1 < LEAST_PX or y2 - y1 < LEAST_PX:
        return None
    pixels = image[y1:y2, x1:x2].astype(np.float32) / 255
    value = _smooth(pixels.max(axis=2))[_disc(y2 - y1, x2 - x1)]
    return _Lamp(colour, float(np.percentile(value, _EVEN)), _tints(image, lamp))


def _tints(image: Image, lamp: Xyxy) -> dict[str, float]:
    """How much of each colour the light of a lamp has, where it is bright and not clipped."""
    margin_x, margin_y = _HALO * (lamp[2] - lamp[0]), _HALO * (lamp[3] - lamp[1])
    around = (lamp[0] - margin_x, lamp[1] - margin_y, lamp[2] + margin_x, lamp[3] + margin_y)
    x1, y1, x2, y2 = _pixels(image, around)
    pixels = (image[y1:y2, x1:x2].astype(np.float32) / 255).reshape(-1, 3)
    blue, green, red = pixels.T
    value = pixels.max(axis=1)
    bright = value >= np.percentile(value, 50)
    weight = np.where(bright & (pixels.min(axis=1) < _CLIPPED), value, 0.0)
    total = float(weight.sum())
    if total <= 0:
        return {"red": 0.0, "amber": 0.0, "green": 0.0}
    warm, cool = red - blue, green - red
    return {
        "red": float((weight * (red - np.maximum(green, blue))).sum()) / total,
        "amber": float((weight * np.minimum(warm, green - blue)).sum()) / total,
        "green": float((weight * cool).sum()) / total,
    }


def _housing(image: Image, lamps: Mapping[str, Xyxy], box: Xyxy) -> float | None:
    """Median brightness of the housing beside its lamps; nothing when the lamps fill it."""
    left, top, right, bottom = _pixels(image, box)
    value = image[top:bottom, left:right].max(axis=2).astype(np.float32) / 255
    beside = np.ones(value.shape, np.bool_)
    for lamp in lamps.values():
        x1, y1, x2, y2 = _pixels(image, lamp)
        beside[max(0, y1 - top) : max(0, y2 - top), max(0, x1 - left) : max(0, x2 - left)] = False
    return float(np.median(value[beside])) if beside.any() else None


def _pixels(image: Image, box: Xyxy) -> tuple[int, int, int, int]:
    """Whole pixels of a normalised box, within the picture."""
    height, width = image.shape[:2]
    x1, y1 = max(0, round(box[0] * width)), max(0, round(box[1] * height))
    return x1, y1, min(width, round(box[2] * width)), min(height, round(box[3] * height))


def _disc(height: int, width: int) -> NDArray[np.bool_]:
    """The pixels of a box that belong to a round lamp in it."""
    y = (np.arange(height) + 0.5) / height * 2 - 1
    x = (np.arange(width) + 0.5) / width * 2 - 1
    disc: NDArray[np.bool_] = y[:, None] ** 2 + x[None, :] ** 2 <= 1.0
    return disc


def _smooth(value: Floats) -> Floats:
    """Mean over 3 x 3: takes the noise of single pixels and the gaps between single diodes away."""
    padded = np.pad(value, 1, mode="edge")
    height, width = value.shape
    total = np.zeros_like(value)
    for dy in range(3):
        for dx in range(3):
            total += padded[dy : dy + height, dx : dx + width]
    return np.asarray(total / 9, np.float32)
