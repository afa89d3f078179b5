"""When an alarm that nobody takes care of is told to whom. Pure.

Everything follows from stored facts and `now`: a server that was down finds the same steps due at the same
instants as one that ran through. Instants are int64 ms UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from aggregator.alarms.hours import Hours, first_outside


class Until(StrEnum):
    """What makes a step needless."""

    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Step:
    """One telling.

    Attributes:
        after_s: from when the alarm was opened, or opened again.
        targets: `role:…`, `user:…`, `agency:…`, `channel:…`, `agency` (the alarm's own) or `assignee`.
        until: what makes it needless.
        waits: whether it waits for the end of the quiet hours.
    """

    after_s: float
    targets: tuple[str, ...]
    until: Until = Until.ACKNOWLEDGED
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Escalation:
    """Steps of one rule, and the hours in which those that can wait do."""

    steps: tuple[Step, ...] = ()
    quiet: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """What of an alarm its escalation depends on.

    Attributes:
        from_ms: when it was opened, or opened again.
        unacknowledged_ms: since when nobody has it; counts when it was given back.
        is_acknowledged: somebody has it.
        is_closed: it is resolved or false.
        snoozed_until_ms: nobody is told before; None when it was never snoozed.
        told: bit n is set when step n was made.
    """

    from_ms: int
    unacknowledged_ms: int = 0
    is_acknowledged: bool = False
    is_closed: bool = False
    snoozed_until_ms: int | None = None
    told: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """Step `step` is due at `at_ms`."""

    step: int
    at_ms: int


def next_due(escalation: Escalation, clock: Clock) -> Due | None:
    """The step that comes next as things stand; None when none will."""
    return min(_waiting(escalation, clock), key=lambda due: (due.at_ms, due.step), default=None)


def due_by(escalation: Escalation, clock: Clock, now_ms: int) -> tuple[Due, ...]:
    """Steps that are due by now and were not made, in their order."""
    found = [due for due in _waiting(escalation, clock) if due.at_ms <= now_ms]
    return tuple(sorted(found, key=lambda due: (due.at_ms, due.step)))


def told(clock: Clock, step: int) -> Clock:
    """The clock once a step was made."""
    return replace(clock, told=clock.told | 1 << step)


def _waiting(escalation: Escalation, clock: Clock) -> Iterator[Due]:
    if clock.is_closed:
        return
    for number, step in enumerate(escalation.steps):
        if clock.told >> number & 1 or (step.until is Until.ACKNOWLEDGED and clock.is_acknowledged):
            continue
        at_ms: int | None = clock.from_ms + round(step.after_s * 1000)
        if step.until is Until.ACKNOWLEDGED:
            at_ms = max(at_ms or 0, clock.unacknowledged_ms)
        at_ms = max(at_ms or 0, clock.snoozed_until_ms or 0)
        if step.waits:
            at_ms = first_outside(escalation.quiet, at_ms)
        if at_ms is not None:
            yield Due(number, at_ms)
