"""Where camera threads leave frames: one slot a camera, newest wins, what it replaces is counted.

Invariant: at most one frame per camera is held, whatever the pace of the reader. Cameras are served in turn,
so that a fast one cannot keep a slow one waiting.
"""

import threading
from collections import OrderedDict

from edge_agent.capture.frame import Frame


class FrameMailbox:
    """Slots of one frame, shared by any number of camera threads and one or more readers."""

    def __init__(self) -> None:
        # In order of arrival of the first untaken frame: a replaced frame keeps its place in the queue.
        self._slots: OrderedDict[str, Frame] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, frame: Frame) -> bool:
        """Leave a frame; never waits.

        Returns:
            True when it replaced one of the same camera that nobody had taken, or the mailbox is closed:
            in both cases one frame is lost.
        """
        with self._changed:
            if self._closed:
                return True
            replaced = frame.camera in self._slots
            self._slots[frame.camera] = frame
            self._changed.notify()
            return replaced

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame of the camera that waits longest; None after `timeout_s` or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._slots) or self._closed, timeout_s)
            if not self._slots:
                return None
            _, frame = self._slots.popitem(last=False)
            return frame

    def close(self) -> None:
        """Wake every reader; frames that are still held may be taken, new ones are refused."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
