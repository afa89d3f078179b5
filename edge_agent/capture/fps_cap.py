"""Which frames to keep so that a camera delivers no more than so many a second. Pure arithmetic."""


class FpsCap:
    """Keeps an even share of a stream's frames.

    A frame a little early (a quarter of a period, at most 20 ms) counts as on time, so that a camera which
    already runs at the wanted rate loses nothing to jitter.
    """

    def __init__(self, fps: float | None) -> None:
        self._period_s = 0.0 if fps is None else 1.0 / fps
        self._early_s = min(0.25 * self._period_s, 0.02)
        self._due_s: float | None = None

    def accepts(self, at_s: float) -> bool:
        """Whether the frame captured at `at_s` is to be kept."""
        due_s = at_s if self._due_s is None else self._due_s
        if at_s < due_s - self._early_s:
            return False
        late = at_s > due_s + self._period_s
        self._due_s = (at_s if late else due_s) + self._period_s
        return True
