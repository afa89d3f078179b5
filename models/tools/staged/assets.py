"""The cut-outs and backgrounds, and which of them are held out. Read once; never changed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

FOLDER: Final = Path(__file__).parent / "assets"
SPLITS: Final = ("tuning", "held_out")


@dataclass(frozen=True, slots=True)
class Cutout:
    """A real object: its id, class and split, width / height of its picture, and where its front is."""

    id: str
    class_name: str
    split: str
    aspect: float
    facing: str


@cache
def cutouts() -> dict[str, Cutout]:
    """All cut-outs by id."""
    found = {}
    for entry in _catalogue()["cutouts"]:
        height, width = pixels(entry["id"]).shape[:2]
        name, facing = entry["id"], entry.get("facing", "")
        found[name] = Cutout(name, entry["class"], entry["split"], width / height, facing)
    return found


@cache
def backgrounds(split: str) -> tuple[str, ...]:
    """Ids of the backgrounds of a split."""
    return tuple(entry["id"] for entry in _catalogue()["backgrounds"] if entry["split"] == split)


@cache
def pixels(cutout: str) -> NDArray[np.uint8]:
    """Blue, green, red and alpha of a cut-out, cropped to what is seen of it."""
    return _read(FOLDER / f"{cutout}.png", cv2.IMREAD_UNCHANGED)


@cache
def background(name: str) -> NDArray[np.uint8]:
    """The picture behind, 640 × 360."""
    return _read(FOLDER / f"{name}.jpg", cv2.IMREAD_COLOR)[:360]


@cache
def _catalogue() -> dict[str, list[dict[str, str]]]:
    return tomllib.loads((FOLDER / "cutouts.toml").read_text("utf-8"))


def _read(path: Path, mode: int) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), mode)
    if image is None:
        raise FileNotFoundError(f"{path}: is missing or no picture: check the folder out again")
    return np.asarray(image, np.uint8)
