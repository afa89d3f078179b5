"""A value that is dear to make and may be a few seconds old."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class Remembered(Generic[ValueT]):
    """Makes a value at most once in `for_s`, however many ask; the others wait for the one that makes it."""

    def __init__(self, make: Callable[[], ValueT], *, for_s: float, monotonic: Callable[[], float]) -> None:
        self._make = make
        self._for_s = for_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._made: tuple[float, ValueT] | None = None

    def get(self) -> ValueT:
        """The value, made anew when it is too old; errors of making it are not remembered."""
        with self._lock:
            if self._made is None or self._monotonic() - self._made[0] >= self._for_s:
                self._made = (self._monotonic(), self._make())
            return self._made[1]
