"""Does anything move where rules look? A cheap look that spares the detector when nothing does.

A tree that waves beside the watched places does not open the gate. Every few pixels are compared with a
background that follows slowly; each pixel has its own noise level, learned as it goes, so rain, leaves and a
bad sensor raise the bar only where they are. Times are in seconds. The gate errs towards looking: it stays
open for a while after motion, and opens by itself every `forced_s`.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.view import EVERYWHERE, HEADROOM, View, pixels

_SAMPLED_ROWS: Final = 120
_BLOCK: Final = 8
_FIRST_NOISE: Final = 4.0
_LEAST_NOISE: Final = 1.5


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """What may be tuned.

    Attributes:
        above_noise: a pixel has changed when it differs by so many times its noise.
        least_change: and by at least so many grey levels.
        least_pixels: something moves when so many pixels have changed within one block; noise is spread out.
        open_s: the gate stays open so long after motion.
        forced_s: it opens at least so often.
        learn_s: time constant of the background.
        noise_s: time constant of the noise level.
    """

    above_noise: float = 4.0
    least_change: float = 10.0
    least_pixels: int = 4
    open_s: float = 1.0
    forced_s: float = 2.0
    learn_s: float = 2.0
    noise_s: float = 10.0


@dataclass(frozen=True, slots=True)
class _Grid:
    """Which pixels are compared.

    Attributes:
        shape: height and width of the picture that it is for.
        rows: sampled rows.
        columns: sampled columns.
        watched: which of the samples count.
    """

    shape: tuple[int, int]
    rows: slice
    columns: slice
    watched: NDArray[np.bool_]


class MotionGate:
    """Watches one camera.

    Args:
        settings: thresholds and times.
        view: where motion counts.
    """

    def __init__(self, settings: MotionSettings | None = None, view: View = EVERYWHERE) -> None:
        self._settings = settings or MotionSettings()
        self._view = view
        self._grid: _Grid | None = None
        self._background: NDArray[np.float32] | None = None
        self._noise: NDArray[np.float32] | None = None
        self._last_s = 0.0
        self._moved_s = 0.0
        self._opened_s = 0.0

    def is_open(self, image: NDArray[np.uint8], at_s: float) -> bool:
        """Whether this picture, (height, width, 3), is worth a detection."""
        moved = self._moved(image, at_s)
        settings = self._settings
        if moved:
            self._moved_s = at_s
        is_open = (
            moved
            or at_s - self._moved_s <= settings.open_s
            or at_s - self._opened_s >= settings.forced_s - 1e-9
        )
        if is_open:
            self._opened_s = at_s
        return is_open

    def _moved(self, image: NDArray[np.uint8], at_s: float) -> bool:
        shape = (image.shape[0], image.shape[1])
        grid = self._grid
        if grid is None or grid.shape != shape:
            grid = self._grid = _grid_of(self._view, *shape)
            self._background = None
        grey = image[grid.rows, grid.columns, 1].astype(np.float32)
        if self._background is None or self._noise is None:
            self._background = grey
            self._noise = np.full_like(grey, _FIRST_NOISE)
            self._last_s = at_s
            return True
        settings = self._settings
        dt_s = max(at_s - self._last_s, 0.0)
        self._last_s = at_s
        difference = grey - self._background
        self._background += difference * np.float32(min(dt_s / settings.learn_s, 1.0))
        np.abs(difference, out=difference)
        changed = difference > np.maximum(self._noise * settings.above_noise, settings.least_change)
        changed &= grid.watched
        # An object that passes must not teach the noise level: what one frame may add is bounded.
        np.minimum(difference, 3 * self._noise, out=difference)
        self._noise += (difference - self._noise) * np.float32(min(dt_s / settings.noise_s, 1.0))
        np.maximum(self._noise, _LEAST_NOISE, out=self._noise)
        return _densest_block(changed) >= settings.least_pixels


def _grid_of(view: View, height: int, width: int) -> _Grid:
    """Samples over the watched part, twice as dense at most as over the whole picture."""
    x1, y1, x2, y2 = pixels(view.box, width, height)
    coarse = max(height // _SAMPLED_ROWS, 1)
    share = (x2 - x1) * (y2 - y1) / (width * height)
    step = max(int(coarse * math.sqrt(share)), coarse // 2, 1)
    rows, columns = slice(y1 // step * step, y2, step), slice(x1 // step * step, x2, step)
    watched = mask_of(view, math.ceil(height / step), math.ceil(width / step))
    part = watched[y1 // step : math.ceil(y2 / step), x1 // step : math.ceil(x2 / step)]
    return _Grid((height, width), rows, columns, part)


def mask_of(view: View, rows: int, columns: int) -> NDArray[np.bool_]:
    """Which cells of a grid over the whole picture are watched: (rows, columns)."""
    if not view.places:
        return np.ones((rows, columns), np.bool_)
    watched = np.zeros((rows, columns), np.bool_)
    for place in view.places:
        corners = np.array([(round(x * (columns - 1)), round(y * (rows - 1))) for x, y in place.corners])
        drawn = np.zeros((rows, columns), np.uint8)
        cv2.fillPoly(drawn, [corners.astype(np.int32)], 1)
        cv2.polylines(drawn, [corners.astype(np.int32)], isClosed=True, color=1)
        across, along = round(place.reach * columns), round(place.reach * rows)
        up = along + round(HEADROOM * rows)
        kernel = np.ones((along + up + 1, 2 * across + 1), np.uint8)
        # A cell is watched when the place is within reach, so the kernel looks down as far as reach goes up.
        reached = cv2.dilate(drawn, kernel, anchor=(across, along), borderType=cv2.BORDER_CONSTANT)
        watched |= reached > 0
    return watched


def _densest_block(changed: NDArray[np.bool_]) -> int:
    """Most changed pixels in any block; whatever the picture's size leaves over is left out."""
    rows, columns = changed.shape[0] // _BLOCK, changed.shape[1] // _BLOCK
    if not rows or not columns:
        return int(np.count_nonzero(changed))
    blocks = changed[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return int(blocks.sum(axis=(1, 3), dtype=np.int32).max())
