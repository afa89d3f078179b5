"""What is under way, and when it is sent again."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.uplink.resend import (
    AHEAD,
    LONGEST_S,
    WINDOW,
    Allowance,
    Flight,
    forgotten,
    heard_of,
    jumped,
    resend_at_s,
    resumed,
    rewound,
    sent,
    settled,
)
from fleet.wire.messages import Skipped

RNG = Random(1)


def begun(watermark: int = 10) -> Flight:
    return resumed(b"s", watermark, 100.0, 30.0, RNG)


def test_nothing_is_due_while_nothing_is_under_way() -> None:
    assert resend_at_s(begun()) is None


def test_silence_counts_from_the_first_fact_after_quiet_not_from_the_connection() -> None:
    flight = sent(begun(), 20, 500.0)
    due_s = resend_at_s(flight)
    assert due_s is not None
    assert 530.0 <= due_s <= 536.0
    assert resend_at_s(sent(flight, 30, 520.0)) == due_s


def test_progress_starts_the_silence_anew_and_ends_it_when_all_is_settled() -> None:
    flight = settled(sent(begun(), 20, 500.0), 15, 510.0, 30.0, RNG)
    due_s = resend_at_s(flight)
    assert due_s is not None
    assert 540.0 <= due_s <= 546.0
    assert resend_at_s(settled(flight, 20, 511.0, 30.0, RNG)) is None


def test_an_old_acknowledgement_is_no_progress() -> None:
    flight = sent(begun(), 20, 500.0)
    assert settled(flight, 10, 900.0, 30.0, RNG) is flight


def test_a_rewind_goes_back_to_the_watermark_and_doubles_the_patience_up_to_a_limit() -> None:
    flight = jumped(sent(begun(), 20, 500.0), 40, 501.0)
    waits = []
    for turn in range(8):
        flight = rewound(flight, 1_000.0 * turn, 30.0, RNG)
        assert (flight.sent_to, flight.ahead, flight.watermark) == (10, frozenset(), 10)
        waits.append(flight.wait_s)
    assert [60.0 <= waits[0] <= 72.0, 120.0 <= waits[1] <= 144.0] == [True, True]
    assert max(waits) <= LONGEST_S * 1.2
    assert settled(sent(flight, 20, 9e3), 11, 9e3, 30.0, RNG).rewinds == 0


def test_when_the_aggregator_comes_back_its_answer_is_due_from_then_on() -> None:
    flight = heard_of(rewound(sent(begun(), 20, 500.0), 600.0, 30.0, RNG), 9_000.0, 30.0, RNG)
    due_s = resend_at_s(sent(flight, 20, 9_000.0))
    assert due_s is not None
    assert 9_030.0 <= due_s <= 9_036.0
    assert flight.rewinds == 0


def test_the_window_and_the_alarms_ahead_of_their_turn_are_bounded() -> None:
    flight = sent(begun(0), WINDOW - 1, 0.0)
    assert flight.room == 1
    assert sent(flight, WINDOW, 0.0).room == 0
    for n in range(AHEAD):
        assert flight.may_jump
        flight = jumped(flight, WINDOW + 10 + n, 0.0)
    assert not flight.may_jump


def test_alarms_that_their_turn_has_reached_are_forgotten() -> None:
    flight = jumped(jumped(begun(), 30, 0.0), 40, 0.0)
    assert sent(flight, 35, 1.0).ahead == {40}
    assert settled(flight, 40, 1.0, 30.0, RNG).ahead == frozenset()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, None),
        (10, None),
        (12, None),
        (4, Skipped(5, 10, "forgotten", 6)),
        (0, Skipped(1, 10, "forgotten", 10)),
    ],
)
def test_what_the_aggregator_confirmed_and_has_lost_is_declared(
    told: int | None, expected: Skipped | None
) -> None:
    assert forgotten(told, begun(10)) == expected


@given(
    st.lists(
        st.tuples(st.sampled_from(["sent", "jump", "settle", "rewind"]), st.integers(0, 200)), max_size=60
    )
)
def test_the_marks_never_cross(steps: list[tuple[str, int]]) -> None:
    flight = begun(0)
    for now_s, (step, n) in enumerate(steps):
        match step:
            case "sent":
                flight = sent(flight, n, now_s)
            case "jump":
                flight = jumped(flight, n, now_s) if n > flight.sent_to else flight
            case "settle":
                flight = settled(flight, n, now_s, 30.0, RNG)
            case _:
                flight = rewound(flight, now_s, 30.0, RNG)
        assert 0 <= flight.watermark <= flight.sent_to
        assert all(seq > flight.sent_to for seq in flight.ahead)
        assert (resend_at_s(flight) is None) == (flight.sent_to == flight.watermark and not flight.ahead)


@pytest.mark.parametrize(
    ("tokens", "after_s", "facts", "expected"),
    [(10, 0, 5, 0.0), (0, 0, 50, 0.5), (0, 1, 50, 0.0), (0, 9, 500, 0.0)],
)
def test_the_allowance_fills_up_to_its_burst(
    tokens: float, after_s: float, facts: int, expected: float
) -> None:
    bucket = Allowance(rate=100.0, burst=200.0, tokens=tokens, at_s=0.0).refilled(after_s)
    assert bucket.wait_s(facts) == expected
    assert bucket.tokens <= 200.0
    assert bucket.spent(5).tokens == bucket.tokens - 5
