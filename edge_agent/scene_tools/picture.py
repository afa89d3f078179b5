"""One still to draw a scene on: from a picture file, a video, or a camera."""

import threading
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.cameras import camera_for
from edge_agent.capture.source import FileSource, Source, parse_source
from edge_agent.scene_tools.errors import PictureError

Image = NDArray[np.uint8]
PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})
_SCHEMES: Final = ("file:", "rtsp:", "rtsps:", "v4l2:", "picamera2:")
_SETTLE_FRAMES: Final = 5


def source_of(text: str) -> Source:
    """A video file's path, or a camera as the node's configuration writes it.

    Raises:
        SourceError: the camera's text cannot be understood.
    """
    return parse_source(text) if text.lower().startswith(_SCHEMES) else FileSource(Path(text))


def read_still(text: str) -> Image:
    """One picture, (height, width, 3) BGR.

    Args:
        text: path of a picture or a video, or a camera such as `rtsp://…` or `v4l2:/dev/video0`.

    Raises:
        PictureError: the picture file cannot be read.
        CaptureError: there is no such video or camera.
    """
    path = Path(text)
    if path.suffix.lower() in PICTURES:
        image = cv2.imread(text, cv2.IMREAD_COLOR) if path.is_file() else None
        if image is None:
            raise PictureError(f"{text}: there is no picture that can be read: give a PNG or JPEG file")
        return np.asarray(image, np.uint8)
    return first_picture(source_of(text))


def first_picture(source: Source) -> Image:
    """The first picture of a video; a camera is given some frames to set its exposure.

    Raises:
        CaptureError: nothing comes.
    """
    stream = camera_for(source).open(threading.Event())
    try:
        image: Image | None = None
        for _ in range(1 if isinstance(source, FileSource) else _SETTLE_FRAMES):
            if stream.advance() is None:
                break
            image = stream.picture()
    finally:
        stream.close()
    if image is None:
        raise PictureError(f"{source.label}: gave no picture: check it with edge-agent doctor")
    return image


def as_jpeg(image: Image, *, width: int, quality: int = 85) -> bytes:
    """The picture as JPEG, no wider than `width`."""
    if image.shape[1] > width:
        height = round(image.shape[0] * width / image.shape[1])
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(encoded)
