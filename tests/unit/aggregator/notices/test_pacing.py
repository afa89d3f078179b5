"""Back-off is bounded and spread; no address gets more than its pace, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.notices.pacing import Pace, Paced, delay_s, paced

PACE = Pace(most=3, window_ms=1000)


@pytest.mark.parametrize(
    ("attempts", "chance", "expected"),
    [(1, 1.0, 5.0), (1, 0.0, 2.5), (2, 1.0, 10.0), (8, 1.0, 640.0), (9, 1.0, 900.0), (10_000, 0.0, 450.0)],
)
def test_the_wait_doubles_to_a_bound(attempts: int, chance: float, expected: float) -> None:
    assert delay_s(attempts, chance) == expected


@pytest.mark.parametrize(
    ("due", "sent_ms", "expected"),
    [
        ([], [], Paced()),
        ([1, 2, 3], [], Paced(single=(1, 2, 3))),
        ([1, 2, 3, 4], [], Paced(single=(1, 2), digest=(3, 4))),
        ([1, 2], [9500, 9600], Paced(digest=(1, 2))),
        ([1], [9500, 9600], Paced(single=(1,))),
        ([1], [9500, 9600, 9700], Paced(later_ms=10_500)),
        ([1], [8000, 9600, 9700], Paced(single=(1,))),
        ([1], [9400, 9500, 9600, 9700], Paced(later_ms=10_500)),
    ],
)
def test_an_address_is_paced(due: list[int], sent_ms: list[int], expected: Paced) -> None:
    assert paced(due, sent_ms, 10_000, PACE) == expected


@given(
    waves=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 12)), max_size=20),
    most=st.integers(1, 5),
)
def test_whatever_comes_goes_out_once_and_never_too_fast(waves: list[tuple[int, int]], most: int) -> None:
    pace = Pace(most, 1000)
    now_ms, number = 0, 0
    waiting: list[int] = []
    sent_ms: list[int] = []
    out: list[int] = []
    for pause_ms, coming in [*waves, (1001, 0)]:
        now_ms += pause_ms
        waiting += range(number, number + coming)
        number += coming
        plan = paced(waiting, sent_ms, now_ms, pace)
        out += [*plan.single, *plan.digest]
        sent_ms += [now_ms] * (len(plan.single) + bool(plan.digest))
        waiting = [each for each in waiting if each not in out]
        assert sum(at > now_ms - 1000 for at in sent_ms) <= most
        assert not waiting or plan.later_ms is not None
    assert sorted(out) == list(range(number))
