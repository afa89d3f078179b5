from datetime import UTC, datetime

import pytest

from edge_agent.scene.schedule import Day, TimeWindow, is_on

NIGHT = TimeWindow("22:00", "05:00")
OFFICE = TimeWindow("08:00", "17:30", ("mon", "tue", "wed", "thu", "fri"))
FRIDAY_NIGHT = TimeWindow("22:00", "05:00", ("fri",))
ALL_DAY = TimeWindow("00:00", "00:00", ("sun",))

MONDAY = 5  # 2026-01-05


@pytest.mark.parametrize(
    ("window", "day", "clock", "expected"),
    [
        (NIGHT, MONDAY, "21:59", False),
        (NIGHT, MONDAY, "22:00", True),
        (NIGHT, MONDAY, "04:59", True),
        (NIGHT, MONDAY, "05:00", False),
        (OFFICE, MONDAY, "08:00", True),
        (OFFICE, MONDAY, "17:30", False),
        (OFFICE, MONDAY + 5, "12:00", False),
        (FRIDAY_NIGHT, MONDAY + 4, "23:00", True),
        (FRIDAY_NIGHT, MONDAY + 5, "04:00", True),
        (FRIDAY_NIGHT, MONDAY + 5, "23:00", False),
        (FRIDAY_NIGHT, MONDAY + 4, "04:00", False),
        (ALL_DAY, MONDAY + 6, "00:00", True),
        (ALL_DAY, MONDAY + 6, "23:59", True),
        (ALL_DAY, MONDAY + 7, "00:00", False),
    ],
)
def test_a_window_covers_local_times(window: TimeWindow, day: int, clock: str, *, expected: bool) -> None:
    local = datetime.fromisoformat(f"2026-01-{day:02d}T{clock}+00:00")
    assert expected == is_on((window,), local, 0.0)


def test_a_rule_without_windows_is_always_on() -> None:
    assert is_on((), datetime(2026, 1, 5, tzinfo=UTC), 7.0)


@pytest.mark.parametrize(("offset_h", "expected"), [(7.0, True), (0.0, False)])
def test_windows_are_in_the_scenes_own_time(offset_h: float, *, expected: bool) -> None:
    assert expected == is_on((NIGHT,), datetime(2026, 1, 5, 16, tzinfo=UTC), offset_h)


@pytest.mark.parametrize(("day", "expected"), [("mon", False), ("tue", True)])
def test_the_day_is_the_local_one_too(day: Day, *, expected: bool) -> None:
    window = TimeWindow("00:00", "06:00", (day,))
    assert expected == is_on((window,), datetime(2026, 1, 5, 20, tzinfo=UTC), 7.0)
