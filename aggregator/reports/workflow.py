"""Takes the steps of a report's workflow. Pure.

Invariants: nothing reaches an agency before somebody has verified it, and nothing becomes public before
somebody has approved it who did not resolve it; who decides an appeal did not take the decision appealed
against, and what they uphold is final; every step raises the version.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aggregator.reports.clocks import Run
from aggregator.reports.states import (
    ALLOWED,
    Action,
    Actor,
    By,
    Case,
    Command,
    Hat,
    Refused,
    Rules,
    State,
    Why,
)

NEEDS_TEXT: Final = frozenset(
    {
        Action.REJECT,
        Action.RETURN,
        Action.ASK,
        Action.ANSWER,
        Action.RESOLVE,
        Action.SEND_BACK,
        Action.REOPEN,
        Action.APPEAL,
        Action.UPHOLD,
        Action.OVERTURN,
        Action.NOTE,
    }
)
"""A reason, a result or a question is part of these."""
PUBLIC_TEXT: Final = frozenset(
    {Action.REJECT, Action.RESOLVE, Action.ASK, Action.ANSWER, Action.REOPEN, Action.UPHOLD, Action.OVERTURN}
)
"""Their text is for the reporter to read too."""
_OF_REPORTER: Final = frozenset({Action.RATE, Action.REOPEN, Action.APPEAL})
_LEADS_TO: Final = {
    Action.TAKE: State.VERIFYING,
    Action.ACCEPT: State.ACCEPTED,
    Action.START: State.IN_PROGRESS,
    Action.REJECT: State.REJECTED,
    Action.MERGE: State.MERGED,
    Action.APPROVE: State.PUBLISHED,
    Action.ARCHIVE: State.ARCHIVED,
}


def possible(case: Case, by: By, now_ms: int, rules: Rules) -> frozenset[Action]:
    """Steps that somebody may take now, given what such a step must carry."""
    return frozenset(
        action
        for action in ALLOWED[case.state]
        if _refusal(case, Command(action, "-", "-", "-", "-", 1), by, now_ms, rules) is None
    )


def step(case: Case, command: Command, by: By, now_ms: int, rules: Rules) -> Case | Refused:
    """The case after a step, or why not."""
    if why := _refusal(case, command, by, now_ms, rules):
        needed = ALLOWED[case.state].get(command.action, frozenset())
        return Refused(why, command.action, case.state, needed)
    return replace(_stepped(case, command, by.actor, now_ms), version=case.version + 1)


def _refusal(case: Case, command: Command, by: By, now_ms: int, rules: Rules) -> Why | None:
    action = command.action
    worn = ALLOWED[case.state].get(action)
    if worn is None:
        return Why.STATE
    if not worn & by.hats:
        return Why.HAT
    if action in NEEDS_TEXT and not command.text.strip():
        return Why.TEXT
    if _missing(command):
        return Why.MISSING
    if why := _four_eyes(case, action, by.actor) or _of_asking(case, action):
        return why
    as_reporter = action in _OF_REPORTER and worn & by.hats == {Hat.REPORTER}
    return _of_reporter(case, action, now_ms, rules) if as_reporter else None


def _missing(command: Command) -> bool:
    match command.action:
        case Action.ASSIGN:
            return not command.agency
        case Action.RECATEGORISE:
            return not command.category
        case Action.MERGE:
            return not command.original
        case Action.RATE:
            return command.rating not in range(1, 6)
        case _:
            return False


def _four_eyes(case: Case, action: Action, who: Actor) -> Why | None:
    match action:
        case Action.APPROVE:
            first = case.handled_by
        case Action.UPHOLD | Action.OVERTURN:
            first = case.decided_by
        case _:
            return None
    same = first is not None and (first.kind, first.id) == (who.kind, who.id)
    return Why.SAME_PERSON if same else None


def _of_asking(case: Case, action: Action) -> Why | None:
    if action is Action.ANSWER and not case.asked:
        return Why.NOT_ASKED
    if action is Action.ASK and case.asked:
        return Why.ASKED_ALREADY
    return None


def _of_reporter(case: Case, action: Action, now_ms: int, rules: Rules) -> Why | None:
    if case.answered_ms is None or now_ms - case.answered_ms > rules.reopen_ms:
        return Why.TOO_LATE
    match action:
        case Action.RATE:
            return Why.RATED if case.rating is not None else None
        case _ if case.final:
            return Why.FINAL
        case Action.REOPEN:
            return Why.REOPENED_ENOUGH if case.round >= rules.reopenings else None
        case _:
            first = case.state is State.PUBLISHED and case.round < rules.reopenings
            return Why.REOPEN_FIRST if first else None


def _stepped(case: Case, command: Command, who: Actor, now_ms: int) -> Case:
    match command.action:
        case Action.ASK:
            return _each_run(case, lambda run: run.pause(now_ms))
        case Action.ANSWER:
            return _each_run(case, lambda run: run.resume(now_ms))
        case Action.REJECT | Action.MERGE | Action.APPROVE:
            return _answered(case, command, who, now_ms)
        case Action.ASSIGN | Action.RETURN | Action.RESOLVE | Action.SEND_BACK:
            return _handled(case, command, who, now_ms)
        case Action.REOPEN | Action.OVERTURN:
            return _again(case, now_ms)
        case _:
            return _moved(case, command, who, now_ms)


def _moved(case: Case, command: Command, who: Actor, now_ms: int) -> Case:
    match command.action:
        case Action.APPEAL:
            return replace(case, state=State.REVIEWING, appealed=case.state)
        case Action.UPHOLD:
            back = case.appealed or State.PUBLISHED
            return replace(case, state=back, appealed=None, decided_by=who, answered_ms=now_ms, final=True)
        case Action.RECATEGORISE:
            return replace(case, category=command.category)
        case Action.RATE:
            return replace(case, rating=command.rating)
        case _:
            return replace(case, state=_LEADS_TO.get(command.action, case.state))


def _answered(case: Case, command: Command, who: Actor, now_ms: int) -> Case:
    return replace(
        case,
        state=_LEADS_TO[command.action],
        run=case.run.end(now_ms),
        decided_by=who,
        answered_ms=now_ms,
        original=command.original if command.action is Action.MERGE else "",
    )


def _handled(case: Case, command: Command, who: Actor, now_ms: int) -> Case:
    agency_run = case.agency_run
    match command.action:
        case Action.ASSIGN:
            # What the reporter was asked before is no longer waited for: the next agency asks anew.
            return replace(
                case,
                state=State.ASSIGNED,
                agency=command.agency,
                agency_run=Run(now_ms),
                run=case.run.resume(now_ms),
            )
        case Action.RETURN:
            return replace(
                case, state=State.VERIFYING, agency="", agency_run=None, run=case.run.resume(now_ms)
            )
        case Action.RESOLVE:
            run = agency_run.end(now_ms) if agency_run else None
            return replace(
                case,
                state=State.RESOLVED,
                agency_run=run,
                handled_by=who,
                run=case.run.resume(now_ms),
            )
        case _:
            run = agency_run.undo_end(now_ms) if agency_run else None
            return replace(case, state=State.IN_PROGRESS, agency_run=run)


def _again(case: Case, now_ms: int) -> Case:
    """A new round: verified anew, with clocks of its own."""
    return Case(
        state=State.VERIFYING,
        run=Run(now_ms),
        category=case.category,
        version=case.version,
        round=case.round + 1,
    )


def _each_run(case: Case, change: Callable[[Run], Run]) -> Case:
    agency_run = change(case.agency_run) if case.agency_run else None
    return replace(case, run=change(case.run), agency_run=agency_run)
