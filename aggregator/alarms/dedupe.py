"""Which alarm an event joins, and how many events it takes to begin one. Pure; instants are int64 ms UTC."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """An alarm's events: from the first to the last, and when it was closed, if it was."""

    first_ms: int
    last_ms: int
    closed_ms: int | None = None

    def takes(self, at_ms: int, window_ms: int) -> bool:
        """Whether an equal event belongs to it.

        It does within the window before the first and after the last event. What occurred after the alarm was
        closed is a new matter, and what occurred before and came late is still the old one.
        """
        if self.closed_ms is not None and at_ms > self.closed_ms:
            return False
        return self.first_ms - window_ms <= at_ms <= self.last_ms + window_ms

    def with_event(self, at_ms: int) -> "Span":
        """The span with one more event."""
        return Span(min(self.first_ms, at_ms), max(self.last_ms, at_ms), self.closed_ms)


def chosen(spans: Sequence[Span], at_ms: int, window_ms: int) -> int | None:
    """Number of the alarm that an event joins: an open one first, then the latest; None begins a new one."""
    taking = [number for number, span in enumerate(spans) if span.takes(at_ms, window_ms)]
    return max(
        taking, key=lambda number: (spans[number].closed_ms is None, spans[number].last_ms), default=None
    )


def tally(times_ms: Sequence[int], at_ms: int, *, events: int, within_ms: int) -> tuple[int, ...]:
    """Times of the equal events that count together with one more: at most `events`, latest kept.

    An alarm begins when `events` of them are there.
    """
    every = sorted((*times_ms, at_ms))
    return tuple([each for each in every if each > every[-1] - within_ms][-events:])
