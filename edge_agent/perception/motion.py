"""Does anything move? A cheap look that spares the detector when nothing does.

Every few pixels are compared with a background that follows slowly; each pixel has its own noise level,
learned as it goes, so rain, leaves and a bad sensor raise the bar only where they are. Times are in
seconds. The gate errs towards looking: it stays open for a while after motion, and opens by itself every
`forced_s`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

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


class MotionGate:
    """Watches one camera."""

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self._settings = settings or MotionSettings()
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
        step = max(image.shape[0] // _SAMPLED_ROWS, 1)
        grey = image[::step, ::step, 1].astype(np.float32)
        if self._background is None or self._noise is None or self._background.shape != grey.shape:
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
        # An object that passes must not teach the noise level: what one frame may add is bounded.
        np.minimum(difference, 3 * self._noise, out=difference)
        self._noise += (difference - self._noise) * np.float32(min(dt_s / settings.noise_s, 1.0))
        np.maximum(self._noise, _LEAST_NOISE, out=self._noise)
        return _densest_block(changed) >= settings.least_pixels


def _densest_block(changed: NDArray[np.bool_]) -> int:
    """Most changed pixels in any block; whatever the picture's size leaves over is left out."""
    rows, columns = changed.shape[0] // _BLOCK, changed.shape[1] // _BLOCK
    if not rows or not columns:
        return int(np.count_nonzero(changed))
    blocks = changed[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return int(blocks.sum(axis=(1, 3), dtype=np.int32).max())
