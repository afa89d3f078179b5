"""Small video files made for a test: frame n is grey of level 10·n."""

from pathlib import Path

import cv2
import numpy as np

SIZE = (64, 48)


def write_clip(path: Path, *, frames: int, fps: float) -> Path:
    """Write a Motion-JPEG AVI, so that a frame decodes to nearly the level that went in."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, SIZE)
    assert writer.isOpened(), "OpenCV here writes no Motion-JPEG"
    for number in range(frames):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 10 * number % 256, np.uint8))
    writer.release()
    return path
