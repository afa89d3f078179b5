from datetime import date

from aggregator.reports.holidays_vn import DayOverride, working_days
from aggregator.reports.working_days import OfficeHours


def test_tet_and_swap_days_are_known() -> None:
    calendar = working_days((2026,))
    assert [day for day in range(13, 25) if not calendar.works(date(2026, 2, day))] == [
        14, 15, 16, 17, 18, 19, 20, 21, 22,
    ]  # fmt: skip
    assert calendar.works(date(2026, 8, 22))


def test_an_override_has_the_last_word_either_way() -> None:
    calendar = working_days(
        (2026,),
        (
            DayOverride(date(2026, 2, 18), works=True, why="emergency"),
            DayOverride(date(2026, 8, 22), works=False, why="swap undone"),
            DayOverride(date(2026, 6, 1), works=False, why="storm"),
        ),
    )
    assert calendar.works(date(2026, 2, 18))
    assert not calendar.works(date(2026, 8, 22))
    assert not calendar.works(date(2026, 6, 1))


def test_the_hours_are_the_citys() -> None:
    hours = OfficeHours(frozenset({0, 1, 2, 3, 4, 5}), ((420, 660),))
    calendar = working_days((2026,), hours=hours)
    assert calendar.hours == hours
    assert calendar.works(date(2026, 6, 6))
