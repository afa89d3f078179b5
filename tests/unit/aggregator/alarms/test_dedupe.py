"""Which alarm an event joins, and how many it takes to begin one."""

import pytest

from aggregator.alarms.dedupe import Span, chosen, tally

WINDOW = 100


@pytest.mark.parametrize(
    ("spans", "at_ms", "expected"),
    [
        ([], 1000, None),
        ([Span(1000, 2000)], 2100, 0),
        ([Span(1000, 2000)], 2101, None),
        ([Span(1000, 2000)], 900, 0),
        ([Span(1000, 2000)], 899, None),
        ([Span(1000, 2000)], 1500, 0),
        ([Span(1000, 2000, closed_ms=2050)], 2051, None),
        ([Span(1000, 2000, closed_ms=2050)], 2050, 0),
        ([Span(1000, 2000, closed_ms=2050), Span(2060, 2060)], 2051, 1),
        ([Span(1000, 2000, closed_ms=2050), Span(2060, 2060)], 2040, 1),
        ([Span(1000, 2000), Span(2101, 2300)], 2050, 1),
        ([Span(2101, 2300), Span(1000, 2000)], 2050, 0),
        ([Span(1000, 1000), Span(5000, 5000)], 1050, 0),
    ],
)
def test_an_event_joins_what_is_near_and_open(spans: list[Span], at_ms: int, expected: int | None) -> None:
    assert chosen(spans, at_ms, WINDOW) == expected


def test_a_span_grows_both_ways() -> None:
    assert Span(5, 9).with_event(12).with_event(3) == Span(3, 12)


@pytest.mark.parametrize(
    ("before", "at_ms", "expected"),
    [
        ((), 1000, (1000,)),
        ((1000,), 1050, (1000, 1050)),
        ((1000,), 1100, (1100,)),
        ((1000, 1050), 1060, (1000, 1050, 1060)),
        ((1000, 1050, 1060), 1070, (1050, 1060, 1070)),
        ((1050,), 1000, (1000, 1050)),
        ((2000,), 1000, (2000,)),
    ],
)
def test_events_count_together_within_a_window(
    before: tuple[int, ...], at_ms: int, expected: tuple[int, ...]
) -> None:
    assert tally(before, at_ms, events=3, within_ms=WINDOW) == expected
