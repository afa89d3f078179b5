"""The picture as a picture: frozen, dark, blurred, covered, or not the view that it should be.

Compared with a reference of the view: the scene's own, or what the camera showed when it started. What moves
is averaged away, and each part of the picture is judged by itself, so that traffic and people change little:

- frozen: the same to the last bit, noise included;
- sharpness: fine detail as a share of coarse detail, which light changes alike, against the reference's;
- covered: share of the reference's textured blocks that have lost their texture;
- moved: shift of the edges, tile by tile, by phase correlation; the tiles that are sure of themselves decide.
  When none is sure although the picture is bright and full of edges, it is another view.

The costly part is done once every `every_s`. Bounded: the reference, a mean and one picture.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

ROWS: Final = 180
FINE_ROWS: Final = 360
TILE: Final = 60
BLOCK: Final = 15
SELF_REFERENCE_S: Final = 5.0
_DARK: Final = 0.08
_BRIGHT: Final = 0.15
_TEXTURED: Final = 4.0
_FLAT: Final = 2.0
_SURE: Final = 0.12
_LEAST_TILES: Final = 4
_FEW_SURE: Final = 0.15
_GREY_LEVELS: Final = 255.0
_MEAN_S: Final = 2.0
_MOVED_RANK: Final = 0.75
"""Of the sure tiles' shifts: above the median, because near the centre of a turn they are small."""


@dataclass(frozen=True, slots=True)
class PictureCondition:
    """What one picture is worth.

    Attributes:
        is_frozen: the same as the one before to the last bit.
        brightness: mean, 0-1.
        sharpness: share of the reference's; 1 while there is no reference or nothing to compare.
        covered: share of the picture that has lost its texture, 0-1.
        moved: shift as a share of the height; None when it cannot be told.
    """

    is_frozen: bool
    brightness: float
    sharpness: float
    covered: float
    moved: float | None


@dataclass(frozen=True, slots=True)
class _View:
    """What is compared of two views.

    Attributes:
        edges: edge strength, `ROWS` high, logarithmic.
        texture: standard deviation of each block.
        detail: fine by coarse detail of each block; nan where there is too little.
    """

    edges: Grey
    texture: Grey
    detail: Grey


class ConditionReader:
    """Watches one camera; one thread.

    Args:
        reference: picture of the view as it should be, (height, width, 3); None takes what the camera shows
            after `SELF_REFERENCE_S`, when that can be made out.
        every_s: how often the costly part is done.
    """

    def __init__(self, reference: NDArray[np.uint8] | None = None, *, every_s: float = 1.0) -> None:
        self._every_s = every_s
        self._given = reference
        self._reference: _View | None = None
        self._mean: Grey | None = None
        self._last: NDArray[np.uint8] | None = None
        self._looked_s = 0.0
        self._began_s = 0.0
        self._latest: PictureCondition | None = None

    def look(self, image: NDArray[np.uint8], at_s: float) -> PictureCondition:
        """What this picture is worth, (height, width, 3)."""
        is_frozen = self._last is not None and _same(self._last, image)
        self._last = image
        latest = self._latest
        if latest is None or at_s - self._looked_s >= self._every_s - 1e-9:
            latest = self._judged(image, at_s)
        self._latest = replace(latest, is_frozen=is_frozen)
        return self._latest

    def _judged(self, image: NDArray[np.uint8], at_s: float) -> PictureCondition:
        grey = _grey(image, FINE_ROWS)
        mean = self._averaged(grey, at_s)
        brightness = float(grey.mean()) / _GREY_LEVELS
        view = _view_of(mean, grey)
        reference = self._reference_for(view, grey.shape, at_s, brightness)
        if reference is None or reference.edges.shape != view.edges.shape:
            flat = float((view.texture < _FLAT).mean())
            return PictureCondition(False, brightness, 1.0, flat, None)
        covered = _covered(reference, view)
        return PictureCondition(
            is_frozen=False,
            brightness=brightness,
            sharpness=_sharpness(reference, view),
            covered=covered,
            moved=None if brightness < _DARK else _moved(reference, view, brightness),
        )

    def _averaged(self, grey: Grey, at_s: float) -> Grey:
        """Mean of the latest seconds, in which what moves fades."""
        mean, step_s = self._mean, at_s - self._looked_s
        self._looked_s = at_s
        if mean is None or mean.shape != grey.shape:
            self._began_s, self._mean = at_s, grey
            return grey
        share = np.float32(1 - np.exp(-max(step_s, 0.0) / _MEAN_S))
        self._mean = mean + (grey - mean) * share
        return self._mean

    def _reference_for(
        self, view: _View, shape: tuple[int, ...], at_s: float, brightness: float
    ) -> _View | None:
        if self._reference is None and self._given is not None:
            size = (shape[1], shape[0])
            given = cv2.resize(_grey(self._given, FINE_ROWS), size).astype(np.float32)
            self._reference = _view_of(given, given)
            self._given = None
        elif (
            self._reference is None
            and at_s - self._began_s >= SELF_REFERENCE_S
            and brightness >= _DARK
            and float((view.texture >= _TEXTURED).mean()) > _FEW_SURE
        ):
            self._reference = view
        return self._reference


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Equal to the last bit; a few pixels tell most pictures apart."""
    if one is other or one.shape != other.shape:
        return one is other
    return np.array_equal(one[::16, ::16], other[::16, ::16]) and np.array_equal(one, other)


def _grey(image: NDArray[np.uint8], rows: int) -> Grey:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    if height > rows:
        grey = cv2.resize(grey, (round(width * rows / height), rows), interpolation=cv2.INTER_AREA)
    return grey.astype(np.float32)


def _view_of(mean: Grey, grey: Grey) -> _View:
    """Edges from the mean of the latest seconds; the rest from one picture: a mean blurs what shakes."""
    height, width = grey.shape
    rows = min(ROWS, height)
    size = (round(width * rows / height), rows)
    small: Grey = np.asarray(cv2.resize(mean, size, interpolation=cv2.INTER_AREA), np.float32)
    dx = cv2.Sobel(small, cv2.CV_32F, 1, 0, scale=0.125)
    dy = cv2.Sobel(small, cv2.CV_32F, 0, 1, scale=0.125)
    edges: Grey = np.log1p(np.asarray(cv2.magnitude(dx, dy), np.float32))
    fine: Grey = np.asarray(cv2.absdiff(grey, cv2.blur(grey, (3, 3))), np.float32)
    coarse: Grey = np.asarray(cv2.absdiff(cv2.blur(grey, (7, 7)), cv2.blur(grey, (25, 25))), np.float32)
    block = max(BLOCK * height // rows, 1)
    coarse_mean = _block_means(coarse, block)
    detail: Grey = np.asarray(_block_means(fine, block) / np.maximum(coarse_mean, 1e-6), np.float32)
    detail[coarse_mean < 1.0] = np.nan
    level = _block_means(grey, block)
    texture: Grey = np.sqrt(np.maximum(_block_means(grey * grey, block) - level * level, 0))
    return _View(edges, texture, detail)


def _block_means(values: Grey, block: int) -> Grey:
    rows, columns = max(values.shape[0] // block, 1), max(values.shape[1] // block, 1)
    cut = values[: rows * block, : columns * block]
    means: Grey = cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    return means


def _covered(reference: _View, view: _View) -> float:
    textured = reference.texture >= _TEXTURED
    return float((view.texture[textured] < _FLAT).mean()) if textured.any() else 0.0


def _sharpness(reference: _View, view: _View) -> float:
    """Median over blocks that have something to show in both."""
    both = np.isfinite(reference.detail) & np.isfinite(view.detail) & (reference.detail > 0)
    if np.count_nonzero(both) < _LEAST_TILES:
        return 1.0
    return float(np.median(view.detail[both] / reference.detail[both]))


def _moved(reference: _View, view: _View, brightness: float) -> float | None:
    """Shift as a share of the height; 1 for another view altogether."""
    rows, columns = view.edges.shape[:2]
    shifts: list[float] = []
    tiles = 0
    window = _hann(min(TILE, rows), min(TILE, columns))
    for y in range(0, rows - TILE + 1, TILE):
        for x in range(0, columns - TILE + 1, TILE):
            was, now = reference.edges[y : y + TILE, x : x + TILE], view.edges[y : y + TILE, x : x + TILE]
            if was.std() < _EDGY or now.std() < _EDGY:
                continue
            tiles += 1
            (dx, dy), sure = cv2.phaseCorrelate(was - was.mean(), now - now.mean(), window)
            if sure >= _SURE:
                shifts.append(float(np.hypot(dx, dy)))
    if tiles < _LEAST_TILES:
        return None
    if len(shifts) >= max(_FEW_SURE * tiles, 2):
        return float(np.quantile(shifts, _MOVED_RANK)) / float(rows)
    return 1.0 if brightness >= _BRIGHT else None


_EDGY: Final = 0.25


def _hann(rows: int, columns: int) -> Grey:
    return np.asarray(cv2.createHanningWindow((columns, rows), cv2.CV_32F), np.float32)
