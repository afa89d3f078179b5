"""Escalation: which step is due when, by stored facts alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alarms.escalation import Clock, Due, Escalation, Step, Until, due_by, next_due, told
from aggregator.alarms.hours import Hours

AT = 1_795_100_400_000  # Thursday 2026-11-19, 22:00 in Vietnam
NIGHT = (Hours((0, 1, 2, 3, 4, 5, 6), 1320, 360),)
MORNING = AT + 8 * 3_600_000
PLAN = Escalation(
    (
        Step(0, ("role:operator",), waits=False),
        Step(300, ("role:leader",)),
        Step(1800, ("assignee",), until=Until.CLOSED),
    )
)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (Clock(AT), Due(0, AT)),
        (Clock(AT, told=0b1), Due(1, AT + 300_000)),
        (Clock(AT, told=0b11), Due(2, AT + 1_800_000)),
        (Clock(AT, told=0b111), None),
        (Clock(AT, told=0b1, is_acknowledged=True), Due(2, AT + 1_800_000)),
        (Clock(AT, told=0b101, is_acknowledged=True), None),
        (Clock(AT, is_closed=True), None),
        (Clock(AT, told=0b1, snoozed_until_ms=AT + 900_000), Due(1, AT + 900_000)),
        (Clock(AT, told=0b1, snoozed_until_ms=AT + 100_000), Due(1, AT + 300_000)),
        (Clock(AT, unacknowledged_ms=AT + 600_000, told=0b1), Due(1, AT + 600_000)),
        (Clock(AT, unacknowledged_ms=AT + 9_600_000, told=0b1), Due(2, AT + 1_800_000)),
    ],
)
def test_the_next_step_is_due_at_its_instant(clock: Clock, expected: Due | None) -> None:
    assert next_due(PLAN, clock) == expected


def test_steps_that_can_wait_do_until_the_quiet_hours_end() -> None:
    plan = replace(PLAN, quiet=NIGHT)
    assert next_due(plan, Clock(AT)) == Due(0, AT)
    assert next_due(plan, Clock(AT, told=0b1)) == Due(1, MORNING)
    assert due_by(plan, Clock(AT, told=0b1), MORNING) == (Due(1, MORNING), Due(2, MORNING))
    assert due_by(plan, Clock(AT, told=0b1), MORNING - 1) == ()
    always = replace(PLAN, quiet=(Hours(),))
    assert next_due(always, Clock(AT, told=0b1)) is None


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 40_000),
        st.just(("role:operator",)),
        st.sampled_from(Until),
        st.booleans(),
    ),
    max_size=5,
).map(tuple)
plans = st.builds(Escalation, steps, st.sampled_from(((), NIGHT)))
acts = st.lists(
    st.tuples(
        st.integers(1, 20_000_000),
        st.sampled_from(("acknowledge", "release", "snooze", "close", "reopen")),
        st.integers(1, 10_000_000),
    ),
    max_size=6,
)


def lived(plan: Escalation, done: list[tuple[int, str, int]], looks_ms: list[int]) -> list[tuple[int, Due]]:
    """Steps as made when somebody looks at `looks_ms`; whoever acts looks first, as the server does."""
    clock, now_ms, life, made = Clock(AT, AT), AT, 0, []

    def look(until_ms: int) -> None:
        nonlocal clock
        for due in due_by(plan, clock, until_ms):
            clock = told(clock, due.step)
            made.append((life, due))

    for wait_ms, act, more_ms in done:
        for at_ms in (each for each in looks_ms if now_ms < each <= now_ms + wait_ms):
            look(at_ms)
        now_ms += wait_ms
        look(now_ms)
        match act:
            case "acknowledge":
                clock = replace(clock, is_acknowledged=True)
            case "release":
                clock = replace(clock, is_acknowledged=False, unacknowledged_ms=now_ms)
            case "snooze":
                clock = replace(clock, snoozed_until_ms=now_ms + more_ms)
            case "close":
                clock = replace(clock, is_closed=True)
            case _ if clock.is_closed:
                clock, life = Clock(now_ms, now_ms, snoozed_until_ms=clock.snoozed_until_ms), life + 1
    look(now_ms + 10**9)
    return made


@given(plans, acts, st.lists(st.integers(AT, AT + 120_000_000), max_size=30))
def test_it_does_not_matter_when_somebody_looked(
    plan: Escalation, done: list[tuple[int, str, int]], looks_ms: list[int]
) -> None:
    """A server that looks often, seldom, or was down makes the same steps, due at the same instants."""
    assert set(lived(plan, done, sorted(looks_ms))) == set(lived(plan, done, []))


@given(plans, st.integers(0, 31))
def test_no_step_is_made_twice(plan: Escalation, bits: int) -> None:
    clock, made = Clock(AT, AT, told=bits), []
    for due in due_by(plan, clock, AT + 10**9):
        clock = told(clock, due.step)
        made.append(due.step)
    assert len(set(made)) == len(made)
    assert not any(bits >> each & 1 for each in made)
    assert due_by(plan, clock, AT + 10**9) == ()
