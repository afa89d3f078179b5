"""The one place that touches `cv2.VideoCapture`.

Neighbours: files, RTSP and V4L2 cameras and replay build on it. OpenCV tells failures by False and by
`cv2.error`; here both become answers or `CameraUnavailableError`. FFmpeg's own messages go to standard error
and may quote an address with its password, so they are turned off before the first capture is made.
"""

import os
from collections.abc import Mapping

import cv2
import numpy as np

from edge_agent.capture.camera import Image
from edge_agent.capture.errors import CameraUnavailableError

_AV_LOG_QUIET = "-8"
_SILENT = 0
_RTSP_OPTIONS = "rtsp_transport;tcp"  # UDP through street cabinets loses packets, and pictures smear


def open_capture(target: str, backend: int, settings: Mapping[int, int]) -> cv2.VideoCapture | None:
    """Open a capture, or None when the backend refuses it.

    Args:
        target: path, address or device, as the backend takes it.
        backend: `cv2.CAP_FFMPEG` or `cv2.CAP_V4L2`; never a guess, as other backends log the address.
        settings: `cv2.CAP_PROP_*` to value, given before the source is opened.
    """
    # Read by OpenCV when it makes its first FFmpeg capture; an operator's own setting goes before ours.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _AV_LOG_QUIET)
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", _RTSP_OPTIONS)
    _silence()
    flat = [number for pair in settings.items() for number in pair]
    try:
        capture = cv2.VideoCapture(target, backend, flat)
    except cv2.error:
        return None
    if not capture.isOpened():
        capture.release()
        return None
    return capture


def advance(capture: cv2.VideoCapture) -> bool:
    """Come to the next picture; False at the end, after a read time-out or a loss of the source."""
    try:
        return capture.grab()
    except cv2.error:
        return False


def picture(capture: cv2.VideoCapture, label: str) -> Image:
    """The picture that `advance` came to, (height, width, 3) BGR.

    Raises:
        CameraUnavailableError: it cannot be decoded, or is not a colour picture of 8 bits.
    """
    try:
        decoded, image = capture.retrieve()
    except cv2.error as error:
        raise _undecodable(label) from error
    if not decoded or image.dtype != np.uint8 or image.ndim != 3:  # noqa: PLR2004 - height, width, channels
        raise _undecodable(label)
    return image.astype(np.uint8, copy=False)


def _silence() -> None:
    """Turn OpenCV's own messages off: a function of `cv2` up to 4, of `cv2.utils.logging` from 5."""
    set_level = getattr(cv2, "setLogLevel", None)
    if set_level is None:
        set_level = cv2.utils.logging.setLogLevel
    set_level(_SILENT)


def _undecodable(label: str) -> CameraUnavailableError:
    return CameraUnavailableError(
        "no_picture",
        f"{label} sends pictures that cannot be decoded",
        "set the camera to H.264 (or MJPEG) with 8-bit colour",
    )
