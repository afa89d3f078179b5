"""A camera with the interface of picamera2 0.3.38, for machines that are no Raspberry Pi.

Its methods have the signatures that `picamera2_interface.json` recorded from the real package, and behave as
the real ones do where it matters: a pool of six buffers that must be given back, a time-out from
`capture_request`, `RuntimeError` for a camera that is not there and for a buffer released twice.
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BUFFERS = 6
FIRST_SENSOR_NS = 5_000_000_000
FRAME_NS = 33_333_333


class CompletedRequest:
    """A filled buffer on loan from the camera."""

    def __init__(self, owner: "Picamera2", number: int) -> None:
        self._owner = owner
        self._number = number
        self._loans = 1

    def make_array(self, name: str) -> NDArray[np.uint8]:
        if name != "main":
            raise RuntimeError(f"Stream {name!r} is not defined")
        return np.copy(self._owner.pictures[self._number % len(self._owner.pictures)])

    def get_metadata(self) -> dict[str, object]:
        return {"SensorTimestamp": FIRST_SENSOR_NS + self._number * FRAME_NS, "ExposureTime": 9_999}

    def release(self) -> None:
        self._loans -= 1
        if self._loans < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self._owner.free += 1


class Picamera2:
    """One attached camera, number 0.

    `pictures` is what it sees, `frames_left` how many frames it delivers before it hangs.
    """

    pictures: Sequence[NDArray[np.uint8]] = tuple(np.full((48, 64, 3), grey, np.uint8) for grey in (80, 90))
    frames_left = 1_000

    def __init__(
        self,
        camera_num: int = 0,
        verbose_console: object = None,
        tuning: object = None,
        allocator: object = None,
    ) -> None:
        del verbose_console, tuning, allocator
        if camera_num > 0:
            raise RuntimeError(
                f"No camera number {camera_num} found - use "
                '"rpicam-hello --list-cameras" to check connected cameras'
            )
        self.free = BUFFERS
        self.configured: dict[str, object] = {}
        self.calls: list[str] = []
        self._number = 0

    def create_video_configuration(  # noqa: PLR0917 - the recorded signature
        self,
        main: dict[str, object] = {},  # noqa: B006 - the recorded signature
        lores: object = None,
        raw: object = {},
        transform: object = None,
        colour_space: object = None,
        buffer_count: int = BUFFERS,
        controls: dict[str, object] = {},  # noqa: B006 - the recorded signature
        display: str = "main",
        encode: str = "main",
        queue: bool = True,  # noqa: FBT001, FBT002 - the recorded signature
        sensor: object = {},
        use_case: str = "video",
    ) -> dict[str, object]:
        del lores, raw, transform, colour_space, buffer_count, display, encode, queue, sensor
        return {"use_case": use_case, "main": dict(main), "controls": dict(controls)}

    def configure(self, camera_config: object = None) -> None:
        if not isinstance(camera_config, dict):
            raise RuntimeError("this recording needs a configuration")  # noqa: TRY004 - as picamera2 does
        self.configured = camera_config

    def start(self, config: object = None, show_preview: object = False) -> None:  # noqa: FBT002 - as recorded
        del config, show_preview
        if not self.configured:
            raise RuntimeError("Camera has not been configured")
        self.calls.append("start")

    def capture_request(
        self, wait: float | None = None, signal_function: object = None, flush: object = None
    ) -> CompletedRequest:
        del signal_function, flush
        if self.free == 0 or self._number >= self.frames_left:
            time.sleep(wait or 0.0)
            raise TimeoutError
        self.free -= 1
        self._number += 1
        return CompletedRequest(self, self._number - 1)

    def cancel_all_and_flush(self) -> None:
        self.calls.append("cancel_all_and_flush")

    def close(self) -> None:
        self.calls.append("close")
