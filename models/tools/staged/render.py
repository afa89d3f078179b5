"""Paints a staging: one picture for one moment, the same bytes for the same seed, moment and frame rate.

Order: background, actors from far to near, posts, light of the hour, headlights, lamps, the camera's noise,
the camera's faults. Noise is drawn once a clip and reused: drawing it costs more than everything else.
"""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Frame
from staged import assets
from staged.staging import HEIGHT, WIDTH, Actor, Box, Staging, moments

Picture = NDArray[np.uint8]
_LIGHT: Final = {"day": (1.0, 2.0), "dusk": (0.5, 4.0), "night": (0.22, 6.0)}
"""How much light there is, and the noise of the sensor in grey levels."""
_SKY: Final = {"day": (1.0, 1.0, 1.0), "dusk": (1.15, 1.0, 0.9), "night": (1.2, 1.0, 0.85)}
_NOISES: Final = 5
_NOISE_HZ: Final = 30
"""How often the noise changes: so a moment looks the same at every frame rate."""
_LIT: Final = {"red": (40, 40, 255), "amber": (40, 190, 255), "green": (120, 255, 60)}
_VEHICLES: Final = frozenset({"car", "bus", "truck", "motorcycle"})
_JPEG: Final = 92


class Painter:
    """Paints the frames of one staging."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        rng = np.random.default_rng([staging.seed, 7])
        _, sigma = _LIGHT[staging.light]
        shape = (HEIGHT, WIDTH, 3)
        self._noise = [np.clip(rng.normal(0, sigma, shape), -60, 60).astype(np.int8) for _ in range(_NOISES)]
        self._frozen: Picture | None = None

    def frame(self, index: int, at_s: float) -> Frame:
        """The frame of a moment."""
        return Frame("staged", self.picture(round(at_s * _NOISE_HZ), at_s), index, at_s)

    def picture(self, index: int, at_s: float) -> Picture:
        """The pixels of a moment; `index` chooses the noise."""
        staging = self._staging
        canvas = assets.background(staging.background).copy()
        boxes = [(actor, box) for actor in staging.actors if (box := actor.box(at_s))]
        boxes.sort(key=lambda pair: pair[1][3])
        for actor, box in boxes:
            _paste(canvas, actor, box)
        self._posts(canvas)
        canvas = _lit(canvas, staging.light)
        if staging.light == "night":
            for actor, box in boxes:
                if actor.class_name in _VEHICLES:
                    _headlight(canvas, actor, box)
        for lamp in staging.lamps:
            _signal(canvas, lamp.lamps, lamp.colour(at_s))
        noise = self._noise[index % _NOISES]
        return self._faulty(_noisy(canvas, noise), noise, at_s)

    def _posts(self, canvas: Picture) -> None:
        """A post is a strip of the same background, taken from elsewhere, with an edge."""
        behind = assets.background(self._staging.background)
        for post in self._staging.posts:
            from_left = (post.left + WIDTH // 2) % (WIDTH - post.width)
            rows = slice(post.top, post.top + post.height)
            strip = behind[rows, from_left : from_left + post.width] // 2
            canvas[rows, post.left : post.left + post.width] = strip
            cv2.rectangle(
                canvas,
                (post.left, post.top),
                (post.left + post.width - 1, post.top + post.height - 1),
                (30, 30, 30),
            )

    def _faulty(self, canvas: Picture, noise: NDArray[np.int8], at_s: float) -> Picture:
        kind = next((fault.kind for fault in self._staging.faults if fault.from_s <= at_s < fault.to_s), "")
        if kind != "frozen":
            self._frozen = None
        match kind:
            case "dark":
                return np.asarray(canvas // 24, np.uint8)
            case "covered":
                return _noisy(np.full_like(canvas, 96), noise)
            case "blurred":
                return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 6), np.uint8)
            case "moved":
                return np.asarray(np.roll(canvas, (HEIGHT // 9, WIDTH // 9), (0, 1)), np.uint8)
            case "frozen":
                self._frozen = canvas if self._frozen is None else self._frozen
                return self._frozen
            case _:
                return canvas


def write_clip(staging: Staging, path: Path, fps: float) -> None:
    """Paint every frame into a video file (MPEG-4, or Motion JPEG for `.avi`).

    Raises:
        OSError: the file cannot be written.
    """
    code = "MJPG" if path.suffix == ".avi" else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise OSError(
            f"{path}: cannot be written: choose another folder, and a name that ends in .avi or .mp4"
        )
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, _JPEG)
    painter = Painter(staging)
    try:
        for index, at_s in enumerate(moments(staging.seconds, fps)):
            writer.write(painter.picture(index, at_s))
    finally:
        writer.release()


@cache
def _scaled(cutout: str, width: int, height: int, mirrored: bool) -> NDArray[np.float32]:  # noqa: FBT001  a key of the cache
    """Colour times alpha, and alpha, 0-1, of a cut-out at its size in the picture."""
    image = assets.pixels(cutout)
    shrinks = height < image.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    image = np.asarray(cv2.resize(image, (width, height), interpolation=way), np.uint8)
    if mirrored:
        image = image[:, ::-1]
    alpha = image[:, :, 3:].astype(np.float32) / 255
    return np.concatenate([image[:, :, :3] * alpha, alpha], axis=2).astype(np.float32)


def _paste(canvas: Picture, actor: Actor, box: Box) -> None:
    width, height = max(round(actor.width), 1), max(round(actor.height), 1)
    left, top = round(box[0]), round(box[1])
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, WIDTH), min(top + height, HEIGHT)
    if x1 >= x2 or y1 >= y2:
        return
    cut = _scaled(actor.cutout, width, height, actor.mirrored)[y1 - top : y2 - top, x1 - left : x2 - left]
    part = canvas[y1:y2, x1:x2]
    part[:] = (part * (1 - cut[:, :, 3:]) + cut[:, :, :3]).astype(np.uint8)


def _lit(canvas: Picture, light: str) -> Picture:
    gain, _ = _LIGHT[light]
    if light == "day":
        return canvas
    table = np.arange(256, dtype=np.float32)[:, None] * np.array(_SKY[light], np.float32) * gain
    return np.asarray(cv2.LUT(canvas, np.clip(table, 0, 255).astype(np.uint8)[:, None, :]), np.uint8)


def _headlight(canvas: Picture, actor: Actor, box: Box) -> None:
    """A bright disc at the front and its shine around it."""
    before, after = actor.path[0], actor.path[-1]
    is_right = after.x >= before.x
    x = round(box[2] - 0.06 * actor.width if is_right else box[0] + 0.06 * actor.width)
    y, radius = round(box[3] - 0.35 * actor.height), max(round(actor.height / 14), 1)
    reach = radius * 5
    x1, y1, x2, y2 = max(x - reach, 0), max(y - reach, 0), min(x + reach, WIDTH), min(y + reach, HEIGHT)
    if x1 >= x2 or y1 >= y2:
        return
    rows, columns = np.mgrid[y1:y2, x1:x2]
    shine = 200 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * (reach / 2.5) ** 2))
    part = canvas[y1:y2, x1:x2]
    part[:] = np.clip(part + shine[:, :, None], 0, 255).astype(np.uint8)
    cv2.circle(canvas, (x, y), radius, (235, 250, 255), -1)


def _signal(canvas: Picture, lamps: dict[str, Box], colour: str) -> None:
    """The housing and the lamp that is lit."""
    every = np.array(list(lamps.values()))
    left, top = (int(value) for value in every[:, :2].min(axis=0) - 3)
    right, bottom = (int(value) for value in every[:, 2:].max(axis=0) + 3)
    cv2.rectangle(canvas, (left, top), (right, bottom), (18, 18, 18), -1)
    for name, (x1, y1, x2, y2) in lamps.items():
        centre, radius = (round((x1 + x2) / 2), round((y1 + y2) / 2)), round(min(x2 - x1, y2 - y1) / 2)
        paint = _LIT[name] if name == colour else tuple(value // 7 for value in _LIT[name])
        cv2.circle(canvas, centre, radius, paint, -1, cv2.LINE_AA)


def _noisy(canvas: Picture, noise: NDArray[np.int8]) -> Picture:
    return np.asarray(cv2.add(canvas, noise.astype(np.int16), dtype=cv2.CV_8U), np.uint8)
