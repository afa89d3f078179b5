from datetime import date, datetime, timedelta, timezone

import pytest

from aggregator.reports.working_days import MINUTE_MS, OfficeHours, WorkingDays, day_of, midnight_of

VN = timezone(timedelta(hours=7))
HOURS = OfficeHours()


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=VN).timestamp() * 1000)


def said(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, tz=VN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-06-01 08:00", 60, "2026-06-01 09:00"),
        ("2026-06-01 11:00", 60, "2026-06-01 14:00"),  # over noon
        ("2026-06-01 07:30", 240, "2026-06-01 11:30"),  # ends as the office closes, not after the break
        ("2026-06-01 07:30", 450, "2026-06-01 17:00"),  # a whole day
        ("2026-06-01 07:30", 451, "2026-06-02 07:31"),
        ("2026-06-01 12:00", 30, "2026-06-01 14:00"),  # comes in the break
        ("2026-06-01 00:00", 1, "2026-06-01 07:31"),  # midnight belongs to the day that begins
        ("2026-05-31 23:59", 1, "2026-06-01 07:31"),
        ("2026-06-01 17:00", 1, "2026-06-02 07:31"),  # the office has just closed
        ("2026-06-05 16:30", 60, "2026-06-08 08:00"),  # Friday to Monday
        ("2026-06-06 10:00", 450, "2026-06-08 17:00"),  # Saturday counts for nothing
        ("2026-06-01 22:00", 0, "2026-06-01 22:00"),
    ],
)
def test_time_is_up_after_so_much_working_time(start: str, minutes: int, due: str) -> None:
    calendar = WorkingDays(HOURS)
    assert said(calendar.due_ms(at(start), minutes * MINUTE_MS)) == due


def test_a_day_off_does_not_count_and_a_swap_day_does() -> None:
    calendar = WorkingDays(HOURS, frozenset({date(2026, 8, 31)}), frozenset({date(2026, 8, 22)}))
    assert calendar.works(date(2026, 8, 22))
    assert not calendar.works(date(2026, 8, 31))
    assert not calendar.works(date(2026, 8, 23))
    assert said(calendar.due_ms(at("2026-08-21 16:00"), 120 * MINUTE_MS)) == "2026-08-22 08:30"
    assert said(calendar.due_ms(at("2026-08-28 16:00"), 120 * MINUTE_MS)) == "2026-09-01 08:30"


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("2026-06-01 08:00", "2026-06-01 09:00", 60),
        ("2026-06-01 11:00", "2026-06-01 14:00", 60),
        ("2026-06-05 16:30", "2026-06-08 08:00", 60),
        ("2026-06-06 08:00", "2026-06-07 20:00", 0),
        ("2026-06-01 09:00", "2026-06-01 08:00", 0),
        ("2026-06-01 00:00", "2026-06-08 00:00", 5 * 450),
    ],
)
def test_working_time_between_two_instants(since: str, until: str, minutes: int) -> None:
    assert WorkingDays(HOURS).spent_ms(at(since), at(until)) == minutes * MINUTE_MS


def test_what_is_due_was_spent_when_it_is_due() -> None:
    calendar = WorkingDays(HOURS, frozenset({date(2026, 6, 3)}), frozenset({date(2026, 6, 6)}))
    for hour in range(0, 24 * 9, 5):
        start = at("2026-05-30 00:00") + hour * 60 * MINUTE_MS
        for minutes in (1, 239, 240, 450, 1351):
            due = calendar.due_ms(start, minutes * MINUTE_MS)
            assert calendar.spent_ms(start, due) == minutes * MINUTE_MS
            assert calendar.spent_ms(start, due - 1) == minutes * MINUTE_MS - 1


def test_days_begin_at_midnight_in_vietnam() -> None:
    assert day_of(at("2026-06-01 00:00")) == date(2026, 6, 1)
    assert day_of(at("2026-06-01 00:00") - 1) == date(2026, 5, 31)
    assert midnight_of(date(2026, 6, 1)) == at("2026-06-01 00:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": frozenset[int]()},
        {"days": frozenset({7})},
        {"spans": ()},
        {"spans": ((690, 450),)},
        {"spans": ((450, 690), (690, 720))},
        {"spans": ((450, 1500),)},
        {"spans": ((-1, 10),)},
    ],
)
def test_hours_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="office hours need"):
        OfficeHours(**wrong)  # type: ignore[arg-type]  # wrong on purpose
