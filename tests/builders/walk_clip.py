"""A staged clip of one person who walks in, stands for a while and walks out; what happens is known.

A real person, cut out of pedestrians.mp4, on a real background: both are assets of `models/tools/staged`.
Anything a run makes of it beside the expected events is the run's own doing.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ASSETS: Final = Path(__file__).parents[2] / "models" / "tools" / "staged" / "assets"
PERSON: Final = "navy"
BACKGROUND: Final = "campus"
PERSON_PX: Final = 130
FOOT_Y: Final = 300
"""Row of the picture that the person walks on."""
PATH: Final = ((1.0, -40.0), (6.0, 320.0), (17.0, 320.0), (22.0, 680.0))
"""Seconds and columns: in from the left, standing in the middle, out to the right."""
SECONDS: Final = 24.0

SCENE: Final = """
[[lines]]
id = "west"
from = [0.30, 0.40]
to = [0.30, 0.98]
[[lines]]
id = "east"
from = [0.70, 0.40]
to = [0.70, 0.98]
[[zones]]
id = "square"
polygon = [[0.40, 0.60], [0.60, 0.60], [0.60, 0.98], [0.40, 0.98]]
[[rules]]
id = "west-count"
kind = "line_count"
line = "west"
classes = ["person"]
[[rules]]
id = "east-count"
kind = "line_count"
line = "east"
classes = ["person"]
[[rules]]
id = "in-square"
kind = "intrusion"
zone = "square"
classes = ["person"]
[[rules]]
id = "stays"
kind = "loitering"
zone = "square"
dwell_s = 6
[[rules]]
id = "square-load"
kind = "occupancy"
zone = "square"
classes = ["person"]
"""

EXPECTED: Final = (
    ("line_crossed", "west-count", "backward"),
    ("intruded", "in-square", ""),
    ("loitered", "stays", ""),
    ("line_crossed", "east-count", "backward"),
)
"""Kind, rule and direction of each event, in order."""


def write_walk(path: Path, *, fps: float = 5.0) -> Path:
    """Write the clip as Motion-JPEG."""
    background = _read(f"{BACKGROUND}.jpg", cv2.IMREAD_COLOR)
    person = _read(f"{PERSON}.png", cv2.IMREAD_UNCHANGED)
    scale = PERSON_PX / person.shape[0]
    person = cv2.resize(person, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    height, width = background.shape[:2]
    rng = np.random.default_rng(4)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
    assert writer.isOpened(), "OpenCV here writes no Motion-JPEG"
    times, columns = zip(*PATH, strict=True)
    for index in range(round(SECONDS * fps)):
        at_s = index / fps
        picture = background.astype(np.float32)
        if times[0] <= at_s <= times[-1]:
            _paste(picture, person, round(float(np.interp(at_s, times, columns))))
        picture += rng.normal(0, 2, picture.shape)
        writer.write(picture.clip(0, 255).astype(np.uint8))
    writer.release()
    return path


def _paste(picture: NDArray[np.float32], person: NDArray[np.uint8], column: int) -> None:
    """Put the person's feet on a column of the picture; what lies beyond its edges is left out."""
    height, width = person.shape[:2]
    left = column - width // 2
    first, last = max(left, 0), min(left + width, picture.shape[1])
    if first >= last:
        return
    part = person[:, first - left : last - left].astype(np.float32)
    alpha = part[:, :, 3:] / 255
    place = picture[FOOT_Y - height : FOOT_Y, first:last]
    place += alpha * (part[:, :, :3] - place)


def _read(name: str, mode: int) -> NDArray[np.uint8]:
    found = cv2.imread(str(ASSETS / name), mode)
    assert found is not None, f"{ASSETS / name} is missing"
    return found
