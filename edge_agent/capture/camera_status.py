"""A camera's counters and whether it counts as online. Pure values."""

from dataclasses import dataclass
from typing import Literal

OFFLINE_AFTER_S = 20.0
"""Without a frame for so long a camera is offline (reference: camera health)."""

CameraState = Literal["connecting", "streaming", "retrying", "ended", "stopped"]


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """Counters since the start of the camera's thread.

    Attributes:
        camera: id in the configuration.
        state: what its thread is doing.
        online: a frame came within the last `OFFLINE_AFTER_S`.
        frames: delivered to the pipeline, after the fps cap.
        dropped: of those, given up for a newer one before anything was decided on them.
        reconnects: times the stream was opened again after it had opened once.
        last_frame_age_s: None before the first frame.
        problem: the fault that keeps it from streaming, with the next step; None while it streams.
        detected: frames that the detector looked at.
        gate_closed: frames in which nothing moved, so that the detector was spared.
        over_budget: of the dropped ones, those that went while the camera waited for a detector.
        failed: frames on which the pipeline failed.
    """

    camera: str
    state: CameraState
    online: bool
    frames: int
    dropped: int
    reconnects: int
    last_frame_age_s: float | None
    problem: str | None
    detected: int = 0
    gate_closed: int = 0
    over_budget: int = 0
    failed: int = 0

    @property
    def replaced(self) -> int:
        """Frames dropped because the pipeline itself was busy when a newer one came."""
        return self.dropped - self.over_budget


def is_online(last_frame_age_s: float | None, running_s: float) -> bool:
    """Whether a camera that has run for `running_s` counts as online; a young one has time to connect."""
    return (running_s if last_frame_age_s is None else last_frame_age_s) < OFFLINE_AFTER_S
