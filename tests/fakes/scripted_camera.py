"""A camera that does what a test tells it: frames at given times, faults, hangs."""

import threading
from collections.abc import Callable, Iterator

import numpy as np

from edge_agent.capture.camera import Image

Step = float | None | Exception | Callable[[], float | None]


class ScriptedStream:
    """Plays one script: a capture time, None for the end, an exception to raise, a function to call."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps: Iterator[Step] = iter(steps)
        self._seen = 0
        self.closed = threading.Event()

    def advance(self) -> float | None:
        step = next(self._steps, None)
        if isinstance(step, Exception):
            raise step
        at_s = step() if callable(step) else step
        self._seen += 1
        return at_s

    def picture(self) -> Image:
        return np.full((2, 2, 3), self._seen % 256, np.uint8)

    def close(self) -> None:
        self.closed.set()


class ScriptedCamera:
    """Opens the next script each time; an exception instead of a script keeps it from opening."""

    label = "scripted:camera"

    def __init__(self, *openings: list[Step] | Exception) -> None:
        self._openings = iter(openings)
        self.streams: list[ScriptedStream] = []

    def open(self, stopped: threading.Event) -> ScriptedStream:
        del stopped
        opening = next(self._openings, None)
        if isinstance(opening, Exception):
            raise opening
        stream = ScriptedStream(opening or [])
        self.streams.append(stream)
        return stream
