import itertools
from dataclasses import replace
from typing import Any

import pytest

from aggregator.reports.clocks import Pause, Run
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
from aggregator.reports.workflow import possible, step

DAY = 86_400_000
CITIZEN = By(Actor("citizen", "r1"), frozenset({Hat.REPORTER}))
DESK = By(Actor("person", "desk", "Lan"), frozenset({Hat.DESK}))
AGENCY = By(Actor("person", "officer", "Minh"), frozenset({Hat.AGENCY}))
LEADER = By(Actor("person", "leader", "Hoa"), frozenset({Hat.APPROVER}))
ADMIN = By(Actor("person", "admin", "An"), frozenset({Hat.DESK, Hat.AGENCY, Hat.APPROVER}))
SYSTEM = By(Actor("system", ""), frozenset({Hat.SYSTEM}))
RULES = Rules()
NEW = Case(State.RECEIVED, Run(0), "pothole")
BY = {"take": DESK, "assign": DESK, "accept": AGENCY, "start": AGENCY, "resolve": AGENCY, "approve": LEADER}
TO_STATE = {
    State.RECEIVED: (),
    State.VERIFYING: ("take",),
    State.ASSIGNED: ("take", "assign"),
    State.ACCEPTED: ("take", "assign", "accept"),
    State.IN_PROGRESS: ("take", "assign", "accept", "start"),
    State.RESOLVED: ("take", "assign", "accept", "start", "resolve"),
    State.PUBLISHED: ("take", "assign", "accept", "start", "resolve", "approve"),
}


def do(case: Case, action: str, by: By, now_ms: int = 1, **fields: Any) -> Case:
    done = step(case, command(action, **fields), by, now_ms, RULES)
    assert isinstance(done, Case), done
    return done


def command(action: str, **fields: Any) -> Command:
    given = {"text": "why", "category": "waste", "agency": "hue-transport", "original": "r0", "rating": 4}
    return Command(Action(action), **(given | fields))


def at_state(state: State) -> Case:
    case = NEW
    for number, action in enumerate(TO_STATE[state], 1):
        case = do(case, action, BY[action], number)
    assert case.state is state
    return case


def refused(case: Case, action: str, by: By, now_ms: int = 1, **fields: Any) -> Why:
    done = step(case, command(action, **fields), by, now_ms, RULES)
    assert isinstance(done, Refused), done
    return done.why


def test_a_report_goes_its_way_to_the_public() -> None:
    case = at_state(State.PUBLISHED)
    assert (case.version, case.agency, case.answered_ms, case.run.ended_ms) == (7, "hue-transport", 6, 6)
    assert case.agency_run == Run(2, ended_ms=5)
    assert (case.handled_by, case.decided_by) == (AGENCY.actor, LEADER.actor)
    assert do(do(case, "rate", CITIZEN), "archive", SYSTEM).state is State.ARCHIVED


@pytest.mark.parametrize("state", list(State))
def test_nobody_takes_a_step_that_the_table_does_not_give_them(state: State) -> None:
    case = replace(NEW, state=state, answered_ms=0)
    for action, by in itertools.product(Action, (CITIZEN, DESK, AGENCY, LEADER, SYSTEM)):
        done = step(case, command(action.value), by, 1, RULES)
        may = bool(ALLOWED[state].get(action, frozenset()) & by.hats)
        assert (action in possible(case, by, 1, RULES)) == isinstance(done, Case)
        if not may:
            assert isinstance(done, Refused)
            assert done.why is (Why.HAT if action in ALLOWED[state] else Why.STATE)


@pytest.mark.parametrize("state", [State.RECEIVED, State.VERIFYING])
@pytest.mark.parametrize("action", ["accept", "start", "resolve", "return"])
def test_nothing_reaches_an_agency_unverified(state: State, action: str) -> None:
    assert refused(replace(NEW, state=state), action, ADMIN) is Why.STATE


@pytest.mark.parametrize("action", ["reject", "return", "resolve", "reopen", "note", "ask"])
@pytest.mark.parametrize("text", ["", "   "])
def test_a_step_with_a_reason_needs_one(action: str, text: str) -> None:
    states = {"reject": "verifying", "ask": "verifying", "note": "verifying", "resolve": "in_progress"}
    state = State(states.get(action, {"return": "assigned", "reopen": "published"}.get(action, "received")))
    case = replace(at_state(state), answered_ms=1)
    assert refused(case, action, CITIZEN if action == "reopen" else ADMIN, text=text) is Why.TEXT


@pytest.mark.parametrize(
    ("action", "field"),
    [("assign", "agency"), ("recategorise", "category"), ("merge", "original")],
)
def test_a_step_that_leads_somewhere_says_where(action: str, field: str) -> None:
    assert refused(at_state(State.VERIFYING), action, DESK, **{field: ""}) is Why.MISSING


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_rating_is_one_to_five(rating: int) -> None:
    assert refused(at_state(State.PUBLISHED), "rate", CITIZEN, rating=rating) is Why.MISSING


@pytest.mark.parametrize("state", [State.ASSIGNED, State.ACCEPTED, State.IN_PROGRESS])
def test_an_agency_returns_what_is_not_its_own_and_the_citys_clock_runs_on(state: State) -> None:
    case = do(at_state(state), "return", AGENCY, 50)
    assert (case.state, case.agency, case.agency_run, case.run) == (State.VERIFYING, "", None, Run(0))
    again = do(case, "assign", DESK, 60, agency="hue-urban")
    assert (again.agency, again.agency_run) == ("hue-urban", Run(60))


def test_the_desk_reassigns_at_any_time_before_the_result() -> None:
    case = do(at_state(State.IN_PROGRESS), "assign", DESK, 70, agency="hue-urban")
    assert (case.state, case.agency, case.agency_run) == (State.ASSIGNED, "hue-urban", Run(70))


def test_both_clocks_stand_while_the_reporter_is_asked() -> None:
    asked = do(at_state(State.ACCEPTED), "ask", AGENCY, 10)
    assert asked.asked
    assert refused(asked, "ask", DESK) is Why.ASKED_ALREADY
    told = do(asked, "answer", CITIZEN, 30)
    assert told.run.pauses == (Pause(10, 30),)
    assert told.agency_run == Run(2, (Pause(10, 30),))
    assert refused(told, "answer", CITIZEN) is Why.NOT_ASKED


@pytest.mark.parametrize("action", ["assign", "return"])
def test_whoever_moves_a_case_no_longer_waits_for_the_answer(action: str) -> None:
    asked = do(at_state(State.ACCEPTED), "ask", AGENCY, 10)
    moved = do(asked, action, ADMIN, 20)
    assert not moved.asked
    assert moved.run.pauses == (Pause(10, 20),)


def test_nobody_approves_what_they_resolved() -> None:
    resolved = do(at_state(State.IN_PROGRESS), "resolve", ADMIN, 5)
    assert refused(resolved, "approve", ADMIN) is Why.SAME_PERSON
    assert do(resolved, "approve", LEADER).state is State.PUBLISHED


def test_a_result_sent_back_is_worked_on_and_the_time_between_is_not_the_agencys() -> None:
    case = do(at_state(State.RESOLVED), "send_back", LEADER, 40)
    assert (case.state, case.agency_run) == (State.IN_PROGRESS, Run(2, (Pause(5, 40),)))


def test_a_duplicate_names_its_original() -> None:
    case = do(at_state(State.VERIFYING), "merge", DESK, original="r0")
    assert (case.state, case.original) == (State.MERGED, "r0")


def test_a_reporter_reopens_once_within_the_time_and_then_appeals() -> None:
    case = at_state(State.PUBLISHED)
    assert refused(case, "appeal", CITIZEN) is Why.REOPEN_FIRST
    assert refused(case, "reopen", CITIZEN, 30 * DAY + 7) is Why.TOO_LATE
    again = do(case, "reopen", CITIZEN, 30 * DAY + 6)
    assert (again.state, again.round, again.run) == (State.VERIFYING, 1, Run(30 * DAY + 6))
    assert (again.agency, again.agency_run, again.rating, again.answered_ms) == ("", None, None, None)
    second = again
    for number, action in enumerate(TO_STATE[State.PUBLISHED][1:], 1):
        second = do(second, action, BY[action], 31 * DAY + number)
    assert refused(second, "reopen", CITIZEN, 31 * DAY) is Why.REOPENED_ENOUGH
    assert do(second, "appeal", CITIZEN, 31 * DAY + 9).state is State.REVIEWING


def test_an_appeal_is_decided_by_somebody_else_and_what_is_upheld_is_final() -> None:
    rejected = do(at_state(State.VERIFYING), "reject", DESK, 3)
    appeal = do(rejected, "appeal", CITIZEN, 4)
    assert refused(appeal, "uphold", By(DESK.actor, frozenset({Hat.APPROVER}))) is Why.SAME_PERSON
    upheld = do(appeal, "uphold", LEADER, 5)
    assert (upheld.state, upheld.final, upheld.appealed) == (State.REJECTED, True, None)
    assert refused(upheld, "appeal", CITIZEN, 6) is Why.FINAL
    overturned = do(appeal, "overturn", LEADER, 5)
    assert (overturned.state, overturned.round, overturned.final) == (State.VERIFYING, 1, False)


def test_one_rating_a_round() -> None:
    case = do(at_state(State.PUBLISHED), "rate", CITIZEN, rating=2)
    assert case.rating == 2
    assert refused(case, "rate", CITIZEN) is Why.RATED


def test_what_is_possible_is_what_would_be_done() -> None:
    published = at_state(State.PUBLISHED)
    assert possible(published, CITIZEN, 7, RULES) == {Action.RATE, Action.REOPEN}
    assert possible(published, CITIZEN, 31 * DAY, RULES) == frozenset()
    assert possible(at_state(State.RECEIVED), DESK, 7, RULES) == {Action.TAKE, Action.NOTE}
    resolved = do(at_state(State.IN_PROGRESS), "resolve", ADMIN, 5)
    assert Action.APPROVE not in possible(resolved, ADMIN, 7, RULES)
    assert Action.ANSWER not in possible(at_state(State.ACCEPTED), CITIZEN, 7, RULES)
