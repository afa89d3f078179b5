"""Hours of the week in Vietnam, against a calendar."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alarms.hours import WEEK_MS, Hours, first_outside, is_day, within

LOCAL = timezone(timedelta(hours=7))
instants = st.integers(1_577_836_800, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s + 0.5, tz=UTC))
some_hours = st.builds(
    Hours,
    st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    st.integers(0, 1439),
    st.integers(0, 1440),
)


def ms(local: str) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=LOCAL).timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        (Hours((4,), 480, 1020), "2026-11-20T08:00:00", True),  # a Friday
        (Hours((4,), 480, 1020), "2026-11-20T07:59:59.999", False),
        (Hours((4,), 480, 1020), "2026-11-20T17:00:00", False),
        (Hours((3,), 480, 1020), "2026-11-20T12:00:00", False),
        (Hours((4,), 1320, 360), "2026-11-20T23:00:00", True),
        (Hours((4,), 1320, 360), "2026-11-21T05:59:59", True),
        (Hours((4,), 1320, 360), "2026-11-21T06:00:00", False),
        (Hours((4,), 1320, 360), "2026-11-20T05:00:00", False),
        (Hours((6,), 1320, 360), "2026-11-23T01:00:00", True),  # over the end of the week
        (Hours(), "2026-11-20T00:00:00", True),
        (Hours((4,), 480, 480), "2026-11-21T07:59:59", True),
    ],
)
def test_hours_hold_when_a_clock_in_vietnam_says_so(hours: Hours, local: str, expected: bool) -> None:  # noqa: FBT001  a table
    assert within([hours], ms(local)) == expected


@given(some_hours, instants)
def test_hours_hold_as_a_calendar_says(hours: Hours, at: datetime) -> None:
    local = at.astimezone(LOCAL)
    expected = False
    for back in range(2):
        day = (local - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        begin = day + timedelta(minutes=hours.start)
        end = begin + timedelta(milliseconds=hours.length_ms)
        expected |= day.weekday() in hours.days and begin <= local < end
    assert within([hours], int(at.timestamp() * 1000)) == expected


@given(st.lists(some_hours, max_size=4), instants)
def test_the_first_instant_outside_is_outside_and_all_before_it_inside(
    hours: list[Hours], at: datetime
) -> None:
    at_ms = int(at.timestamp() * 1000)
    end_ms = first_outside(hours, at_ms)
    if end_ms is None:
        assert all(within(hours, at_ms + step) for step in range(0, WEEK_MS, 3_600_000))
        return
    assert end_ms >= at_ms
    assert not within(hours, end_ms)
    assert end_ms == at_ms or within(hours, end_ms - 1)
    assert all(within(hours, step) for step in range(at_ms, end_ms, max(1, (end_ms - at_ms) // 20)))


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-11-20T06:00:00", True),
        ("2026-11-20T05:59:59", False),
        ("2026-11-20T17:59:59", True),
        ("2026-11-20T18:00:00", False),
    ],
)
def test_day_is_from_six_to_six(local: str, expected: bool) -> None:  # noqa: FBT001  a table
    assert is_day(ms(local)) == expected
