"""What a camera is to the rest of the node: something that opens, and then delivers pictures one by one.

Neighbours: one file per kind of camera implements these two Protocols; `camera_thread` drives them.
Reading is in two steps so that a frame which the fps cap refuses is never converted to pixels.
"""

import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


class OpenedStream(Protocol):
    """A camera that has opened. Used by one thread."""

    def advance(self) -> float | None:
        """Wait for the next picture.

        Returns:
            Its capture time on the monotonic clock, in seconds; None when a file has come to its end, or
            when the wait was cut short because the camera is being stopped.

        Raises:
            CameraUnavailableError: the camera has gone away or no longer delivers.
        """

    def picture(self) -> Image:
        """The picture that `advance` came to: shape (height, width, 3), BGR, owned by the caller.

        Raises:
            CameraUnavailableError: it cannot be decoded.
        """

    def close(self) -> None:
        """Give the device back."""


class Camera(Protocol):
    """A configured camera, not yet opened."""

    @property
    def label(self) -> str:
        """The source as it may be logged: no password in it."""

    def open(self, stopped: threading.Event) -> OpenedStream:
        """Open the camera; may take some seconds.

        Args:
            stopped: set when the owner wants to stop; waits inside the stream end early then.

        Raises:
            CameraUnavailableError: it does not open; says why and what to do.
        """
