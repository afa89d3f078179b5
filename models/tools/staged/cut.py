"""How the cut-outs and backgrounds of `assets/` were made from their sources; nobody needs it to render.

    .venv/bin/python models/tools/staged/cut.py --media FOLDER --opencv-doc FOLDER --darknet FOLDER

An outline drawn by hand, or a box with the difference to the median of the fixed camera, starts GrabCut
(Rother et al. 2004), whose answer becomes the alpha. Look at the pictures before you commit them.
"""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
ASSETS: Final = Path(__file__).parent / "assets"
MARGIN: Final = 10
ROUNDS: Final = 5
CHANGED: Final = 28
MOST_HEIGHT: Final = 200
EVERY: Final = 8


def main() -> int:
    """Cut everything that the catalogue names."""
    parser = argparse.ArgumentParser(description="make the cut-outs and backgrounds from their sources")
    for name in ("media", "opencv-doc", "darknet"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    folders = parser.parse_args()
    sources = {"media": folders.media, "opencv-doc": folders.opencv_doc, "darknet": folders.darknet}
    still = median(folders.media / "pedestrians.mp4")
    entries = tomllib.loads((ASSETS / "cutouts.toml").read_text("utf-8"))
    for entry in entries["cutouts"]:
        image = still if _is_still(entry) else picture(sources, entry)
        cut = cut_out(image, seed_of(entry, image, still))
        cv2.imwrite(str(ASSETS / f"{entry['id']}.png"), cut)
    for entry in entries.get("backgrounds", []):
        image = still if _is_still(entry) else picture(sources, entry)
        left, top, right, bottom = entry["crop"]
        size = (entry["width"], round(entry["width"] * (bottom - top) / (right - left)))
        scaled = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(ASSETS / f"{entry['id']}.jpg"), scaled, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return 0


def _is_still(entry: dict[str, Any]) -> bool:
    return entry["source"] == "pedestrians.mp4" and "frame" not in entry


def picture(sources: dict[str, Path], entry: dict[str, Any]) -> Picture:
    """The source of a cut-out: a picture, or a frame of a video."""
    folder, _, rest = entry["source"].partition("/")
    path = sources[folder] / rest if rest else sources["media"] / folder
    if "frame" not in entry:
        return np.asarray(cv2.imread(str(path)), np.uint8)
    video = cv2.VideoCapture(str(path))
    for _ in range(entry["frame"]):
        video.grab()
    return np.asarray(video.read()[1], np.uint8)


def median(path: Path) -> Picture:
    """What a fixed camera sees when nobody is there."""
    video, frames, index = cv2.VideoCapture(str(path)), [], 0
    while video.grab():
        if index % EVERY == 0:
            frames.append(video.retrieve()[1])
        index += 1
    return np.asarray(np.median(np.stack(frames), axis=0), np.uint8)


def seed_of(entry: dict[str, Any], image: Picture, still: Picture) -> Picture:
    """Where GrabCut begins: sure and probable foreground and background."""
    seed = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    if "outline" in entry:
        inner = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(inner, [np.array(entry["outline"], np.int32)], 255)
        sure = max(round(min(np.ptp(np.array(entry["outline"]), axis=0)) / 14), 1)
        kernel = np.ones((2 * sure + 1, 2 * sure + 1), np.uint8)
        seed[cv2.dilate(inner, np.ones((3, 3), np.uint8)) > 0] = cv2.GC_PR_BGD
        seed[inner > 0] = cv2.GC_PR_FGD
        seed[cv2.erode(inner, kernel) > 0] = cv2.GC_FGD
        return seed
    left, top, right, bottom = entry["box"]
    window = (slice(top - 3, bottom + 4), slice(left - 4, right + 5))
    changed = np.abs(image.astype(np.int16) - still).max(axis=2)[window] > CHANGED
    part = np.where(changed, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    core = cv2.erode(changed.astype(np.uint8), np.ones((5, 5), np.uint8))
    part[core > 0] = cv2.GC_FGD
    seed[window] = part
    return seed


def cut_out(image: Picture, seed: Picture) -> Picture:
    """Blue, green, red and alpha of the largest piece that GrabCut finds, cropped to it."""
    mask = seed.copy()
    cv2.setRNGSeed(1)
    model = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(image, mask, (0, 0, 1, 1), *model, ROUNDS, cv2.GC_INIT_WITH_MASK)
    alpha = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    alpha = np.asarray(cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(alpha)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height = (int(value) for value in stats[largest, :4])
    soft = cv2.GaussianBlur((pieces == largest).astype(np.float32) * 255, (3, 3), 0)
    window = (slice(top, top + height), slice(left, left + width))
    cut = np.dstack([image[window], soft[window].astype(np.uint8)])
    if height > MOST_HEIGHT:
        size = (round(width * MOST_HEIGHT / height), MOST_HEIGHT)
        cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
    return cut


if __name__ == "__main__":
    sys.exit(main())
