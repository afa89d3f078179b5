"""Things that lie still and were not part of the background, found without a class.

A small grey picture is compared with a slow background. A pixel counts towards a thing for as long as it
differs from the background and does not change any more (it agrees with a fast background); a pixel loses
its seconds quicker than it gains them. What people and vehicles cover is neither learned nor judged. Limits:

- shaking: a pixel differs only when no neighbour in the background has its value;
- light: the slow background is brought to the picture's brightness first, and a spot whose texture is still
  the background's (shadow, headlight) is no thing;
- a thing that was taken away leaves a spot without edges where the background has them: no thing either;
- when much of the picture changes at once, nothing is judged, and if it stays so, all is learned anew.

Times are in seconds on the frames' clock. Bounded: at most `most` things, three small pictures.
Source of the two rates: Porikli et al. 2008, Robust abandoned object detection using dual foregrounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Xyxy = tuple[float, float, float, float]

ROWS: Final = 180
_LONGEST_STEP_S: Final = 1.0
_MOST_GAIN: Final = 2.0
_MOST_HELD_S: Final = 0.5
"""Beyond what a thing needs: what is taken away is gone in half of it."""
_SAME: Final = 0.2
_UNMOVED: Final = 0.5
"""Overlap (intersection over union) of one thing found twice, and of one that has not moved."""
_KERNEL: Final = np.ones((3, 3), np.uint8)
_SHAKE: Final = np.ones((5, 5), np.uint8)
_CREEP: Final = np.ones((9, 9), np.uint8)


@dataclass(frozen=True, slots=True)
class StaticSettings:
    """What may be tuned; lengths are in pixels of the small picture, `ROWS` high.

    Attributes:
        every_s: pictures that follow sooner are not looked at.
        change: grey levels by which a pixel must differ from the background.
        still: grey levels within which a pixel has come to rest.
        fast_s: time constant of the fast background.
        slow_s: time constant of the slow background, where nothing lies.
        settle_s: a spot that has been still for so long is a thing.
        least_px: smallest area of a thing.
        largest: largest area, as a share of the picture.
        upheaval: share of the picture that changes at once when it is the scene that has changed.
        relearn_s: an upheaval that lasts so long is the new background.
        absorb_s: a thing that lies so long becomes background.
        lost_s: a thing that is in view and not found for so long is gone.
        most: most things at once.
    """

    every_s: float = 0.18
    change: float = 12.0
    still: float = 8.0
    fast_s: float = 0.8
    slow_s: float = 60.0
    settle_s: float = 1.5
    least_px: int = 12
    largest: float = 0.05
    upheaval: float = 0.3
    relearn_s: float = 30.0
    absorb_s: float = 3600.0
    lost_s: float = 3.0
    most: int = 32


@dataclass(slots=True)
class StillThing:
    """One thing that lies there.

    Attributes:
        number: from 1, never used again.
        xyxy: where, normalised 0-1.
        born_s: when the spot was first seen changed.
        still_s: since when it has not moved.
        seen_s: when it was last found, or hidden by somebody in front of it.
        is_hidden: whether it is hidden now, so that nobody knows if it is still there.
    """

    number: int
    xyxy: Xyxy
    born_s: float
    still_s: float
    seen_s: float
    is_hidden: bool = False


@dataclass(slots=True)
class _Ground:
    """What is known of each pixel.

    Attributes:
        slow: background, float32.
        fast: the latest second.
        held_s: for how long the pixel has been changed and still.
    """

    slow: Grey
    fast: Grey
    held_s: Grey


class StaticObjects:
    """Watches one camera; one thread."""

    def __init__(self, settings: StaticSettings | None = None) -> None:
        self._settings = settings or StaticSettings()
        self._ground: _Ground | None = None
        self._last_s = 0.0
        self._upheaval_s: float | None = None
        self._next = 1
        self._things: list[StillThing] = []
        self._rejected: Mask = np.zeros((0, 0), np.bool_)
        """Spots that changed and are no things: they are learned like any ground."""

    def look(self, image: NDArray[np.uint8], at_s: float, hidden: Sequence[Xyxy]) -> tuple[StillThing, ...]:
        """The things that lie there now.

        Args:
            image: (height, width, 3), BGR.
            at_s: capture time.
            hidden: boxes of people and vehicles, normalised; what they cover is not judged.
        """
        if self._ground is not None and at_s - self._last_s < self._settings.every_s - 1e-9:
            return self._present()
        grey = small_grey(image)
        ground = self._ground
        if ground is None or ground.slow.shape != grey.shape:
            self._begin(grey, at_s)
            return ()
        step_s = min(at_s - self._last_s, _LONGEST_STEP_S)
        self._last_s = at_s
        covered = _drawn(grey.shape, hidden)
        changed = self._changed(ground, grey)
        if self._is_upheaval(changed & ~covered, covered, grey, at_s):
            return self._present()
        self._learn(ground, grey, changed, covered, step_s)
        self._join(self._spots(ground), covered, at_s)
        return self._present()

    def _present(self) -> tuple[StillThing, ...]:
        """What was found, or hidden, in the latest picture that was looked at; who blinks is left out."""
        return tuple(replace(each) for each in self._things if each.seen_s == self._last_s)

    def _begin(self, grey: Grey, at_s: float) -> None:
        self._ground = _Ground(grey.copy(), grey.copy(), np.zeros_like(grey))
        self._rejected = np.zeros(grey.shape, np.bool_)
        self._last_s, self._upheaval_s = at_s, None
        self._things = []

    def _changed(self, ground: _Ground, grey: Grey) -> Mask:
        """Pixels that no neighbour of the background explains, its brightness brought to the picture's."""
        level, before = float(np.median(grey[::4, ::4])), float(np.median(ground.slow[::4, ::4]))
        gain = min(max(level / max(before, 1.0), 1 / _MOST_GAIN), _MOST_GAIN)
        slow = ground.slow * np.float32(gain)
        changed: Mask = _beyond(grey, slow, _SHAKE) > self._settings.change
        return changed

    def _is_upheaval(self, changed: Mask, covered: Mask, grey: Grey, at_s: float) -> bool:
        in_view = max(int(np.count_nonzero(~covered)), 1)
        if np.count_nonzero(changed) <= self._settings.upheaval * in_view:
            self._upheaval_s = None
            return False
        if self._upheaval_s is None:
            self._upheaval_s = at_s
        if at_s - self._upheaval_s >= self._settings.relearn_s:
            self._begin(grey, at_s)
        for thing in self._things:
            thing.seen_s, thing.is_hidden = at_s, True
        return True

    def _learn(self, ground: _Ground, grey: Grey, changed: Mask, covered: Mask, step_s: float) -> None:
        settings = self._settings
        quiet = _beyond(grey, ground.fast, _KERNEL) < settings.still
        gained = np.where(changed & quiet, np.float32(step_s), np.float32(-2 * step_s))
        gained[covered] = 0
        np.clip(ground.held_s + gained, 0, settings.settle_s + _MOST_HELD_S, out=ground.held_s)
        in_view = (~covered).astype(np.uint8)
        cv2.accumulateWeighted(grey, ground.fast, 1 - exp(-step_s / settings.fast_s), in_view)
        # Not at the edge of a change either: what is learned there would creep over the thing.
        in_view[cv2.dilate(changed.astype(np.uint8), _CREEP) > 0] = 0
        in_view[self._rejected] = 1
        cv2.accumulateWeighted(grey, ground.slow, 1 - exp(-step_s / settings.slow_s), in_view)

    def _spots(self, ground: _Ground) -> list[tuple[int, int, int, int]]:
        """Boxes of what has been changed and still for long enough, and is a thing: x, y, width, height."""
        settings = self._settings
        held = (ground.held_s >= settings.settle_s).astype(np.uint8)
        closed = cv2.morphologyEx(held, cv2.MORPH_CLOSE, _KERNEL, iterations=2)
        count, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        most = settings.largest * held.size
        spots = []
        self._rejected = np.zeros(held.shape, np.bool_)
        for x, y, width, height, size in stats[1:count].tolist():
            if size < settings.least_px:
                continue
            if width * height <= most and _is_thing(ground, x, y, width, height):
                spots.append((x, y, width, height))
            else:
                self._rejected[y : y + height, x : x + width] = True
        return spots

    def _join(self, spots: list[tuple[int, int, int, int]], covered: Mask, at_s: float) -> None:
        """Go on with the things known, begin new ones, and drop what is gone."""
        settings, shape = self._settings, covered.shape
        left = list(self._things)
        for spot in spots:
            xyxy = _normalised(spot, shape)
            thing = max(left, key=lambda each: _overlap(each.xyxy, xyxy), default=None)
            if thing is not None and _overlap(thing.xyxy, xyxy) > _SAME:
                left.remove(thing)
                if _overlap(thing.xyxy, xyxy) < _UNMOVED:
                    thing.still_s = at_s
                thing.xyxy, thing.seen_s = xyxy, at_s
                thing.is_hidden = _is_hidden(xyxy, covered)
            elif len(self._things) < settings.most:
                born_s = at_s - settings.settle_s - settings.fast_s
                self._things.append(StillThing(self._next, xyxy, born_s, born_s, at_s))
                self._next += 1
        for thing in left:
            if _is_hidden(thing.xyxy, covered):
                thing.seen_s, thing.is_hidden = at_s, True
        self._things = [each for each in self._things if at_s - each.seen_s <= settings.lost_s]
        for thing in self._things:
            if at_s - thing.born_s > settings.absorb_s:
                self._absorb(thing, shape)
        self._things = [each for each in self._things if at_s - each.born_s <= settings.absorb_s]

    def _absorb(self, thing: StillThing, shape: tuple[int, ...]) -> None:
        ground = self._ground
        if ground is not None:
            rows, columns = _window(thing.xyxy, shape)
            ground.slow[rows, columns] = ground.fast[rows, columns]
            ground.held_s[rows, columns] = 0


def small_grey(image: NDArray[np.uint8], rows: int = ROWS) -> Grey:
    """The picture in grey, float32, `rows` high unless it is smaller."""
    height, width = image.shape[:2]
    step = max(height // (2 * rows), 1)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_BGR2GRAY)
    if grey.shape[0] > rows:
        grey = cv2.resize(grey, (round(width * rows / height), rows), interpolation=cv2.INTER_AREA)
    return grey.astype(np.float32)


def _is_thing(ground: _Ground, x: int, y: int, width: int, height: int) -> bool:
    """Whether a changed spot is something that lies there, and not light, shadow, or what was taken away."""
    near = (slice(max(y - 2, 0), y + height + 2), slice(max(x - 2, 0), x + width + 2))
    now, before = ground.fast[near], ground.slow[near]
    if _edges(before).mean() > _FEWER_EDGES * _edges(now).mean() or _is_light(ground, x, y, width, height):
        return False
    spread_now, spread_before = float(now.std()), float(before.std())
    if min(spread_now, spread_before) < _TEXTURE:
        return True
    alike = float(((now - now.mean()) * (before - before.mean())).mean()) / (spread_now * spread_before)
    return alike < _SAME_TEXTURE


def _is_light(ground: _Ground, x: int, y: int, width: int, height: int) -> bool:
    """Whether a change fades out: even its strongest edges, half of its outline, are soft."""
    margin = max(3, (width + height) // 4)
    around = (slice(max(y - margin, 0), y + height + margin), slice(max(x - margin, 0), x + width + margin))
    change = ground.fast[around] - ground.slow[around]
    contrast = float(np.percentile(np.abs(change), 98))
    edges = np.sort(_edges(change), axis=None)[-(width + height) :]
    return float(edges.mean()) < _SHARP * contrast


_FEWER_EDGES: Final = 1.2
"""Where the background has more edges by this factor, something was taken away."""
_SHARP: Final = 0.22
"""Light fades out over many pixels; a thing changes by this share of its contrast from one to the next."""
_TEXTURE: Final = 4.0
_SAME_TEXTURE: Final = 0.75


def _beyond(grey: Grey, ground: Grey, around: NDArray[np.uint8]) -> Grey:
    """Grey levels by which a pixel is outside of what its neighbourhood has in the ground."""
    above = cv2.subtract(grey, cv2.dilate(ground, around))
    below = cv2.subtract(cv2.erode(ground, around), grey)
    return np.asarray(cv2.max(above, below), np.float32)


def _edges(grey: Grey) -> Grey:
    """Grey levels from one pixel to the next."""
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def _drawn(shape: tuple[int, ...], boxes: Sequence[Xyxy]) -> Mask:
    """Mask of boxes, a tenth larger on every side, because a box cuts feet and shadows off."""
    mask = np.zeros(shape, np.bool_)
    for x1, y1, x2, y2 in boxes:
        margin_x, margin_y = (x2 - x1) * 0.1, (y2 - y1) * 0.1
        grown = (x1 - margin_x, y1 - margin_y, x2 + margin_x, y2 + margin_y)
        mask[_window(grown, shape)] = True
    return mask


def _window(xyxy: Xyxy, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows, columns = shape[0], shape[1]
    x1, x2 = max(int(xyxy[0] * columns), 0), max(int(np.ceil(xyxy[2] * columns)), 0)
    y1, y2 = max(int(xyxy[1] * rows), 0), max(int(np.ceil(xyxy[3] * rows)), 0)
    return slice(y1, y2), slice(x1, x2)


def _is_hidden(xyxy: Xyxy, covered: Mask) -> bool:
    """Whether a good part of a box is covered."""
    window = covered[_window(xyxy, covered.shape)]
    return bool(window.size) and float(window.mean()) > 0.25  # noqa: PLR2004  a quarter


def _normalised(spot: tuple[int, int, int, int], shape: tuple[int, ...]) -> Xyxy:
    x, y, width, height = spot
    return (x / shape[1], y / shape[0], (x + width) / shape[1], (y + height) / shape[0])


def _overlap(one: Xyxy, other: Xyxy) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return shared / (areas - shared)
