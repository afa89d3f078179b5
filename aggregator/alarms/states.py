"""What people do with an alarm, and what is allowed when. Pure; instants are int64 ms UTC.

open → acknowledged → assigned → resolved | false; any of them can be skipped, and opened again.
Invariants: whoever takes a step is known; a refusal says who was there before; steps raise the version, what
the system counts and tells does not, so that a queue under load can still be worked.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from aggregator.alarms.verdicts import Verdict


class State(StrEnum):
    """Where an alarm stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"
    FALSE = "false"


CLOSED: Final = frozenset({State.RESOLVED, State.FALSE})


class Action(StrEnum):
    """What can be done."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    NOTE = "note"
    SNOOZE = "snooze"
    LINK = "link"
    CHECK = "check"


ALLOWED: Final[dict[State, frozenset[Action]]] = {
    State.OPEN: frozenset(Action) - {Action.REOPEN},
    State.ACKNOWLEDGED: frozenset(Action) - {Action.ACKNOWLEDGE},
    State.ASSIGNED: frozenset(Action) - {Action.ACKNOWLEDGE},
    State.RESOLVED: frozenset({Action.REOPEN, Action.NOTE, Action.LINK}),
    State.FALSE: frozenset({Action.REOPEN, Action.NOTE, Action.LINK}),
}
"""By state; `reopen` gives back what was acknowledged or assigned, and opens again what was closed."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever did something; `kind` is `person`, `key` or `system`."""

    kind: str
    id: str
    name: str


SYSTEM: Final = Actor("system", "", "matthan")


@dataclass(frozen=True, slots=True)
class Assignee:
    """Whose it is: `kind` is `user`, `role` or `agency`."""

    kind: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """An alarm as people work it.

    Attributes:
        state: where it stands.
        version: rises with every step that a person takes.
        round: how often it was opened again after it was closed.
        from_ms: when this round began: escalation counts from here.
        unacknowledged_ms: since when nobody has it.
        acknowledged_ms: when somebody took it; None while nobody has.
        acknowledged_by: who.
        assignee: whose it is.
        assigned_ms: since when.
        closed_ms: when it was closed.
        closed_by: who closed it.
        verdict: what that person said of it; None when the system closed it.
        snoozed_until_ms: it calls nobody before.
    """

    from_ms: int
    unacknowledged_ms: int
    state: State = State.OPEN
    version: int = 1
    round: int = 0
    acknowledged_ms: int | None = None
    acknowledged_by: Actor | None = None
    assignee: Assignee | None = None
    assigned_ms: int | None = None
    closed_ms: int | None = None
    closed_by: Actor | None = None
    verdict: Verdict | None = None
    snoozed_until_ms: int | None = None

    @property
    def is_closed(self) -> bool:
        """Whether it is resolved or false."""
        return self.state in CLOSED

    @property
    def held_by(self) -> Actor | None:
        """Who took the last step that counts."""
        return self.closed_by if self.is_closed else self.acknowledged_by

    @property
    def held_ms(self) -> int | None:
        """When that was."""
        return self.closed_ms if self.is_closed else self.acknowledged_ms


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """I have seen it and take care."""


@dataclass(frozen=True, slots=True)
class Assign:
    """It is somebody's."""

    assignee: Assignee


@dataclass(frozen=True, slots=True)
class Resolve:
    """It is over: it was something, or nothing. Without a verdict when the system says so."""

    verdict: Verdict | None = Verdict.CONFIRMED


@dataclass(frozen=True, slots=True)
class Reopen:
    """It is not over; or I give it back."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Call nobody before `until_ms`; None ends it."""

    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Add:
    """A note, a link or a tick: `action` says which; nothing of the case but its version changes."""

    action: Action


Command = Acknowledge | Assign | Resolve | Reopen | Snooze | Add


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done in this state; `by` and `at_ms` tell who brought it there, if somebody did."""

    state: State
    action: Action
    by: Actor | None
    at_ms: int | None


def action_of(command: Command) -> Action:
    """The action that a command is."""
    match command:
        case Acknowledge():
            return Action.ACKNOWLEDGE
        case Assign():
            return Action.ASSIGN
        case Resolve():
            return Action.RESOLVE
        case Reopen():
            return Action.REOPEN
        case Snooze():
            return Action.SNOOZE
        case Add(action):
            return action


def step(case: Case, command: Command, who: Actor, now_ms: int) -> Case | Refused:
    """The case after a command, or why not."""
    action = action_of(command)
    if action not in ALLOWED[case.state]:
        return Refused(case.state, action, case.held_by, case.held_ms)
    return replace(_stepped(case, command, who, now_ms), version=case.version + 1)


def _stepped(case: Case, command: Command, who: Actor, now_ms: int) -> Case:
    match command:
        case Acknowledge():
            return _acknowledged(case, who, now_ms, State.ACKNOWLEDGED)
        case Assign(assignee):
            taken = _acknowledged(case, who, now_ms, State.ASSIGNED)
            return replace(taken, assignee=assignee, assigned_ms=now_ms)
        case Resolve(verdict):
            state = State.FALSE if verdict is Verdict.FALSE else State.RESOLVED
            return replace(
                case, state=state, verdict=verdict, closed_ms=now_ms, closed_by=who, snoozed_until_ms=None
            )
        case Reopen():
            return _reopened(case, now_ms)
        case Snooze(until_ms):
            # That it ends now is kept: what waited for the end is due at it, not before.
            return replace(case, snoozed_until_ms=now_ms if until_ms is None else until_ms)
        case Add():
            return case


def _acknowledged(case: Case, who: Actor, now_ms: int, state: State) -> Case:
    if case.acknowledged_ms is not None:
        return replace(case, state=state)
    return replace(case, state=state, acknowledged_ms=now_ms, acknowledged_by=who)


def _reopened(case: Case, now_ms: int) -> Case:
    fresh = Case(
        from_ms=case.from_ms,
        unacknowledged_ms=now_ms,
        round=case.round,
        snoozed_until_ms=case.snoozed_until_ms,
    )
    if not case.is_closed:
        return fresh
    return replace(fresh, from_ms=now_ms, round=case.round + 1)
