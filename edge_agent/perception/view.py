"""Where in the picture a camera's rules look: what the motion gate watches, and what the detector is shown.

A place is a polygon, or a line of two points, with a reach: how far around it things matter, because an
object has to be seen before it gets there. Upwards the reach is longer: an object stands on its anchor, the
bottom centre of its box, and its body is above it. Coordinates are normalised 0-1, origin top-left. Pure.
Neighbours: `edge_agent/scene/watched.py` finds the places of a scene; `motion.py` and `crop.py` use them.
"""

import math
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2."""

WHOLE: Final[Box] = (0.0, 0.0, 1.0, 1.0)
HEADROOM: Final = 0.15
"""What is added to the reach upwards, as a share of the picture's height: an object's body."""
WORTH: Final = 0.6
"""A crop larger than this share of the picture is not worth its risks."""
NARROWEST, WIDEST = 0.75, 1.8
"""Aspect of a crop in pixels: a detector's input is square, and what is squeezed too hard is not found."""


@dataclass(frozen=True, slots=True)
class Place:
    """One polygon, or a line of two points.

    Attributes:
        corners: of the polygon, or both ends of the line.
        reach: how far around it things matter, as a share of the picture's width and height.
    """

    corners: tuple[Point, ...]
    reach: float

    @property
    def box(self) -> Box:
        """Its bounding box with the reach, within the picture."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return (
            max(0.0, min(xs) - self.reach),
            max(0.0, min(ys) - self.reach - HEADROOM),
            min(1.0, max(xs) + self.reach),
            min(1.0, max(ys) + self.reach),
        )


@dataclass(frozen=True, slots=True)
class View:
    """What is watched.

    Attributes:
        places: where rules look; nothing means everywhere.
        shown: what the detector is shown, set by hand; None to have it found.
        is_whole: show the detector the whole picture, whatever the places are.
    """

    places: tuple[Place, ...] = ()
    shown: Box | None = None
    is_whole: bool = False

    @property
    def box(self) -> Box:
        """Bounding box of all places; the whole picture when there are none."""
        boxes = [place.box for place in self.places]
        if not boxes:
            return WHOLE
        x1, y1, x2, y2 = zip(*boxes, strict=True)
        return min(x1), min(y1), max(x2), max(y2)


EVERYWHERE: Final = View()


def crop_box(view: View, aspect: float) -> Box:
    """The part of a picture that the detector is shown; the whole where a crop would gain little.

    Args:
        view: what is watched.
        aspect: width / height of the picture in pixels.
    """
    if view.shown is not None:
        return view.shown
    if view.is_whole:
        return WHOLE
    x1, y1, x2, y2 = view.box
    shape = (x2 - x1) / (y2 - y1) * aspect
    if shape < NARROWEST:
        x1, x2 = _widened(x1, x2, (y2 - y1) * NARROWEST / aspect)
    elif shape > WIDEST:
        y1, y2 = _widened(y1, y2, (x2 - x1) * aspect / WIDEST)
    return (x1, y1, x2, y2) if (x2 - x1) * (y2 - y1) <= WORTH else WHOLE


def pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """A box in whole pixels, x1, y1, x2, y2, that holds all of it and at least one pixel."""
    x1, y1 = min(int(box[0] * width), width - 1), min(int(box[1] * height), height - 1)
    return (
        x1,
        y1,
        max(min(math.ceil(box[2] * width), width), x1 + 1),
        max(min(math.ceil(box[3] * height), height), y1 + 1),
    )


def _widened(low: float, high: float, length: float) -> tuple[float, float]:
    """A span of this length around the middle of another, moved to lie within the picture."""
    length = min(length, 1.0)
    start = min(max((low + high - length) / 2, 0.0), 1.0 - length)
    return start, start + length
