"""The clocks of a case: how long somebody may take, what stops the clock, when time is up. Pure.

A category is *timed* (working hours of the calendar) or *immediate* (around the clock). Two clocks run over a
case: the city's from the moment it came in, which no reassignment moves, and the agency's from the moment the
case was given to it. Both stand still while the reporter is asked something.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from aggregator.reports.working_days import MINUTE_MS, WorkingDays


class ClockKind(StrEnum):
    """Which time counts."""

    TIMED = "timed"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class Term:
    """How long: minutes of the kind of time that counts."""

    kind: ClockKind
    minutes: int


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still; `to_ms` None while it does."""

    from_ms: int
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a clock; pauses ascend and only the last may be open.

    Attributes:
        started_ms: when it began.
        pauses: when it stood still.
        ended_ms: when the work was done; None while it is not.
    """

    started_ms: int
    pauses: tuple[Pause, ...] = ()
    ended_ms: int | None = None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return bool(self.pauses) and self.pauses[-1].to_ms is None

    def pause(self, now_ms: int) -> "Run":
        """Stand still; what stands or has ended stays as it is."""
        if self.is_paused or self.ended_ms is not None:
            return self
        return replace(self, pauses=(*self.pauses, Pause(now_ms)))

    def resume(self, now_ms: int) -> "Run":
        """Go on; what goes stays as it is."""
        if not self.is_paused:
            return self
        return replace(self, pauses=(*self.pauses[:-1], replace(self.pauses[-1], to_ms=now_ms)))

    def end(self, now_ms: int) -> "Run":
        """The work is done."""
        return replace(self.resume(now_ms), ended_ms=now_ms)

    def undo_end(self, now_ms: int) -> "Run":
        """It was not done after all: the time in between does not count."""
        if self.ended_ms is None:
            return self
        return replace(self, ended_ms=None, pauses=(*self.pauses, Pause(self.ended_ms, now_ms)))


def due_ms(term: Term, run: Run, calendar: WorkingDays) -> int | None:
    """When the time is up; None while the clock stands still with time left."""
    left_ms = term.minutes * MINUTE_MS
    at_ms = run.started_ms
    for pause in run.pauses:
        spent_ms = _spent(term.kind, at_ms, pause.from_ms, calendar)
        if spent_ms >= left_ms:
            break
        if pause.to_ms is None:
            return None
        left_ms -= spent_ms
        at_ms = pause.to_ms
    return _after(term.kind, at_ms, left_ms, calendar)


def _spent(kind: ClockKind, from_ms: int, to_ms: int, calendar: WorkingDays) -> int:
    return calendar.spent_ms(from_ms, to_ms) if kind is ClockKind.TIMED else max(0, to_ms - from_ms)


def _after(kind: ClockKind, from_ms: int, budget_ms: int, calendar: WorkingDays) -> int:
    return calendar.due_ms(from_ms, budget_ms) if kind is ClockKind.TIMED else from_ms + budget_ms
