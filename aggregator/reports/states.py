"""The words of the workflow of reports: states, steps, capacities, a case. Pure; instants are int64 ms UTC.

received → verifying → (rejected | merged) → assigned → accepted → in progress → resolved → published →
archived; back to verifying when the agency returns it or the reporter reopens it; to reviewing when the
reporter appeals. `workflow.py` takes the steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from aggregator.reports.clocks import Run

_DAY_MS: Final = 86_400_000


class State(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    REJECTED = "rejected"
    MERGED = "merged"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    PUBLISHED = "published"
    REVIEWING = "reviewing"
    ARCHIVED = "archived"


ANSWERED: Final = frozenset({State.REJECTED, State.MERGED, State.PUBLISHED, State.ARCHIVED})
"""The reporter has an answer."""
WITH_AGENCY: Final = frozenset({State.ASSIGNED, State.ACCEPTED, State.IN_PROGRESS})


class Hat(StrEnum):
    """In what capacity somebody acts; one person may wear several."""

    REPORTER = "reporter"
    DESK = "desk"
    AGENCY = "agency"
    APPROVER = "approver"
    SYSTEM = "system"


class Action(StrEnum):
    """What can be done."""

    TAKE = "take"
    RECATEGORISE = "recategorise"
    REJECT = "reject"
    MERGE = "merge"
    ASSIGN = "assign"
    ACCEPT = "accept"
    RETURN = "return"
    START = "start"
    ASK = "ask"
    ANSWER = "answer"
    RESOLVE = "resolve"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    RATE = "rate"
    REOPEN = "reopen"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    ARCHIVE = "archive"
    NOTE = "note"


_REPORTER, _DESK, _AGENCY = frozenset({Hat.REPORTER}), frozenset({Hat.DESK}), frozenset({Hat.AGENCY})
_APPROVER, _SYSTEM = frozenset({Hat.APPROVER}), frozenset({Hat.SYSTEM})
_STAFF: Final = _DESK | _AGENCY | _APPROVER
_AT_AGENCY: Final[dict[Action, frozenset[Hat]]] = {
    Action.ASSIGN: _DESK,
    Action.RETURN: _AGENCY,
    Action.ASK: _AGENCY | _DESK,
    Action.ANSWER: _REPORTER | _DESK,
    Action.NOTE: _STAFF,
}
ALLOWED: Final[Mapping[State, Mapping[Action, frozenset[Hat]]]] = {
    State.RECEIVED: {Action.TAKE: _DESK, Action.NOTE: _DESK},
    State.VERIFYING: {
        Action.TAKE: _DESK,
        Action.RECATEGORISE: _DESK,
        Action.REJECT: _DESK,
        Action.MERGE: _DESK,
        Action.ASSIGN: _DESK,
        Action.ASK: _DESK,
        Action.ANSWER: _REPORTER | _DESK,
        Action.NOTE: _DESK,
    },
    State.ASSIGNED: _AT_AGENCY | {Action.ACCEPT: _AGENCY},
    State.ACCEPTED: _AT_AGENCY | {Action.START: _AGENCY},
    State.IN_PROGRESS: _AT_AGENCY | {Action.RESOLVE: _AGENCY},
    State.RESOLVED: {Action.APPROVE: _APPROVER, Action.SEND_BACK: _APPROVER, Action.NOTE: _STAFF},
    State.PUBLISHED: {
        Action.RATE: _REPORTER,
        Action.REOPEN: _REPORTER | _DESK,
        Action.APPEAL: _REPORTER,
        Action.ARCHIVE: _SYSTEM,
        Action.NOTE: _STAFF,
    },
    State.REJECTED: {
        Action.REOPEN: _DESK,
        Action.APPEAL: _REPORTER,
        Action.ARCHIVE: _SYSTEM,
        Action.NOTE: _DESK,
    },
    State.REVIEWING: {Action.UPHOLD: _APPROVER, Action.OVERTURN: _APPROVER, Action.NOTE: _DESK | _APPROVER},
    State.MERGED: {Action.NOTE: _DESK},
    State.ARCHIVED: {Action.NOTE: _DESK},
}
"""Who may do what in which state."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever did something; `kind` is `person`, `key`, `citizen` or `system`."""

    kind: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step, and in what capacity."""

    actor: Actor
    hats: frozenset[Hat]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a city decides about the workflow; defaults ours."""

    reopen_ms: int = 30 * _DAY_MS
    """How long after the answer a reporter may rate, reopen or appeal."""
    reopenings: int = 1
    """How often a reporter may reopen; after that they appeal."""


@dataclass(frozen=True, slots=True)
class Case:
    """A report as people work it.

    Attributes:
        state: where it stands.
        run: the city's clock of this round.
        category: slug.
        version: rises with every step.
        round: how often it was opened again.
        agency: whose it is; empty while it is nobody's.
        agency_run: the agency's clock; None before it was given to one.
        handled_by: who resolved it.
        decided_by: who rejected or approved it.
        answered_ms: when the reporter got the answer.
        original: id of the report that this one was merged into.
        appealed: where it stood when the reporter appealed.
        rating: 1 to 5, of this round.
        final: an appeal was refused: the reporter can take it no further.
    """

    state: State
    run: Run
    category: str
    version: int = 1
    round: int = 0
    agency: str = ""
    agency_run: Run | None = None
    handled_by: Actor | None = None
    decided_by: Actor | None = None
    answered_ms: int | None = None
    original: str = ""
    appealed: State | None = None
    rating: int | None = None
    final: bool = False

    @property
    def asked(self) -> bool:
        """Whether the reporter was asked something and has not answered."""
        return self.run.is_paused


@dataclass(frozen=True, slots=True)
class Command:
    """One step, with what it carries.

    Attributes:
        action: the step.
        text: the reason, the result, the question or the answer; some steps need one.
        category: of RECATEGORISE.
        agency: of ASSIGN.
        original: of MERGE, which must be no merged report itself.
        rating: of RATE, 1 to 5.
    """

    action: Action
    text: str = ""
    category: str = ""
    agency: str = ""
    original: str = ""
    rating: int = 0


class Why(StrEnum):
    """Why a step is refused."""

    STATE = "state"
    HAT = "hat"
    TEXT = "text"
    MISSING = "missing"
    SAME_PERSON = "same_person"
    TOO_LATE = "too_late"
    REOPENED_ENOUGH = "reopened_enough"
    REOPEN_FIRST = "reopen_first"
    NOT_ASKED = "not_asked"
    ASKED_ALREADY = "asked_already"
    RATED = "rated"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that cannot be taken."""

    why: Why
    action: Action
    state: State
    hats: frozenset[Hat] = field(default_factory=frozenset)
