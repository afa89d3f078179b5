"""Whether a camera opens, delivers in time and at its rate, and shows something."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.capture.camera import Camera, Image, OpenedStream
from edge_agent.capture.cameras import camera_for
from edge_agent.capture.errors import CameraUnavailableError, SourceError
from edge_agent.capture.source import parse_source
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.picture import BLURRED_SHARPNESS, DARK_LUMA, measure
from fleet.wire.node_config import CameraSection

FIRST_FRAME_S = 10.0
_SETTLE_S = 1.0  # an IP camera first sends what its buffers hold, faster than it films
_MEASURE_S = 3.0
_SLOW_SHARE = 0.7

CODE = "CAMERA"


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of a camera: `fps` is None when it ended before it could be measured."""

    first_after_s: float
    fps: float | None
    image: Image


def check_camera(section: CameraSection) -> Finding:
    """Open the configured camera, watch it for some seconds, and close it."""
    try:
        camera = camera_for(parse_source(section.source), section.fps)
    except SourceError as error:
        return Finding(CODE, "bad_source", section.id, {"detail": str(error)})
    try:
        watched = watch(camera, time.monotonic)
    except CameraUnavailableError as error:
        detail = error.problem.removeprefix(camera.label).lstrip(": ")
        return Finding(CODE, error.reason, section.id, {"source": camera.label, "detail": detail})
    return judge(section, camera.label, watched)


def watch(camera: Camera, clock: Callable[[], float]) -> Watched | None:
    """Watch a camera for four seconds after its first frame; None when it ended without one.

    Raises:
        CameraUnavailableError: it does not open, or fails while it is watched.
    """
    began_s = clock()
    stream = camera.open(threading.Event())
    try:
        if stream.advance() is None:
            return None
        first_s = clock()
        image, fps = _measured(stream, clock, first_s)
        return Watched(first_s - began_s, fps, image)
    finally:
        stream.close()


def _measured(stream: OpenedStream, clock: Callable[[], float], first_s: float) -> tuple[Image, float | None]:
    image = stream.picture()
    times_s: list[float] = []
    while (now_s := clock()) < first_s + _SETTLE_S + _MEASURE_S:
        if now_s >= first_s + _SETTLE_S:
            times_s.append(now_s)
        if stream.advance() is None:
            break
    else:
        image = stream.picture()
    span_s = times_s[-1] - times_s[0] if times_s else 0.0
    return image, (len(times_s) - 1) / span_s if span_s > 0 else None


def judge(section: CameraSection, label: str, watched: Watched | None) -> Finding:
    """What the node should think of what was seen."""
    if watched is None:
        return Finding(CODE, "no_picture", section.id, {"source": label, "detail": "it ended at once"})
    quality = measure(watched.image)
    height, width = watched.image.shape[:2]
    values = {
        "source": label,
        "size": f"{width}x{height}",
        "fps": "?" if watched.fps is None else f"{watched.fps:.1f}",
        "wanted_fps": f"{section.fps:g}",
        "first_after_s": f"{watched.first_after_s:.1f}",
        "luma": f"{quality.luma:.0f}",
        "sharpness": f"{quality.sharpness:.0f}",
    }
    return Finding(CODE, _outcome(section, watched, quality.luma, quality.sharpness), section.id, values)


def _outcome(section: CameraSection, watched: Watched, luma: float, sharpness: float) -> str:
    if watched.first_after_s > FIRST_FRAME_S:
        return "late"
    if luma < DARK_LUMA:
        return "dark"
    if sharpness < BLURRED_SHARPNESS:
        return "blurred"
    if watched.fps is not None and watched.fps < _SLOW_SHARE * section.fps:
        return "slow"
    return "ok"
