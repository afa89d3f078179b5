"""What may be done with an alarm in which state."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alarms.states import (
    ALLOWED,
    CLOSED,
    Acknowledge,
    Action,
    Actor,
    Add,
    Assign,
    Assignee,
    Case,
    Command,
    Refused,
    Reopen,
    Resolve,
    Snooze,
    State,
    action_of,
    step,
)
from aggregator.alarms.verdicts import Verdict

LAN, BINH = Actor("person", "1", "Lan"), Actor("person", "2", "Bình")
GUARDS = Assignee("agency", "guards", "Bảo vệ")
COMMANDS: dict[Action, Command] = {
    Action.ACKNOWLEDGE: Acknowledge(),
    Action.ASSIGN: Assign(GUARDS),
    Action.RESOLVE: Resolve(),
    Action.REOPEN: Reopen(),
    Action.SNOOZE: Snooze(900),
    **{action: Add(action) for action in (Action.NOTE, Action.LINK, Action.CHECK)},
}
WAYS: dict[State, tuple[Command, ...]] = {
    State.OPEN: (),
    State.ACKNOWLEDGED: (Acknowledge(),),
    State.ASSIGNED: (Assign(GUARDS),),
    State.RESOLVED: (Resolve(),),
    State.FALSE: (Resolve(Verdict.FALSE),),
}
AFTER = {
    Action.ACKNOWLEDGE: State.ACKNOWLEDGED,
    Action.ASSIGN: State.ASSIGNED,
    Action.RESOLVE: State.RESOLVED,
    Action.REOPEN: State.OPEN,
}


def walked(*commands: Command) -> Case:
    case = Case(from_ms=100, unacknowledged_ms=100)
    for command in commands:
        after = step(case, command, LAN, 200)
        assert isinstance(after, Case)
        case = after
    return case


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_a_step_leads_where_it_should_or_says_who_was_there(state: State, action: Action) -> None:
    case = walked(*WAYS[state])
    assert case.state == state
    after = step(case, COMMANDS[action], BINH, 300)
    if action not in ALLOWED[state]:
        held = LAN if state is not State.OPEN else None
        assert after == Refused(state, action, held, 200 if held else None)
        return
    assert isinstance(after, Case)
    assert (after.state, after.version) == (AFTER.get(action, state), case.version + 1)


def test_who_took_it_first_stays_known() -> None:
    case = walked(Acknowledge(), Assign(GUARDS))
    after = step(case, Resolve(), BINH, 300)
    assert isinstance(after, Case)
    assert (after.acknowledged_by, after.acknowledged_ms, after.closed_by) == (LAN, 200, BINH)
    assert after.assignee == GUARDS


def test_giving_back_keeps_the_round_and_opening_again_begins_one() -> None:
    given_back = step(walked(Assign(GUARDS)), Reopen(), LAN, 300)
    assert given_back == Case(from_ms=100, unacknowledged_ms=300, version=3)
    again = step(walked(Resolve(Verdict.FALSE)), Reopen(), LAN, 300)
    assert again == Case(from_ms=300, unacknowledged_ms=300, round=1, version=3)


def test_a_snooze_that_is_ended_ends_now() -> None:
    case = step(walked(Snooze(900)), Snooze(None), LAN, 300)
    assert isinstance(case, Case)
    assert case.snoozed_until_ms == 300


@given(st.lists(st.sampled_from(sorted(COMMANDS)), max_size=20))
def test_whatever_is_done_the_case_stays_whole(actions: list[Action]) -> None:
    case, version = Case(from_ms=0, unacknowledged_ms=0), 1
    for now_ms, action in enumerate(actions, 1):
        after = step(case, COMMANDS[action], LAN, now_ms)
        assert action_of(COMMANDS[action]) == action
        if isinstance(after, Refused):
            continue
        case, version = after, version + 1
        assert case.version == version
        assert case.is_closed == (case.closed_ms is not None) == (case.state in CLOSED)
        assert (case.verdict is not None) == case.is_closed
        assert (case.state is State.ASSIGNED) <= (case.assignee is not None)
        assert (case.state in {State.ACKNOWLEDGED, State.ASSIGNED}) <= (case.acknowledged_by is not None)
