"""Due times, checked by hand against a calendar of Vietnam: Tết, swap days, midnight, reassignments, pauses.

Office hours are 07:30–11:30 and 13:30–17:00, 450 minutes a day.
"""

from datetime import date, datetime, timedelta, timezone

import pytest

from aggregator.reports.clocks import ClockKind, Pause, Run, Term, due_ms
from aggregator.reports.holidays_vn import DayOverride, working_days

VN = timezone(timedelta(hours=7))
EVE = DayOverride(date(2026, 1, 2), works=False, why="1/2026: Friday off, worked on Saturday 10 January")
SWAP = DayOverride(date(2026, 1, 10), works=True, why="for 2 January")
CALENDAR = working_days(range(2024, 2029), (EVE, SWAP))
TIMED, NOW = ClockKind.TIMED, ClockKind.IMMEDIATE
DAY = 450


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=VN).timestamp() * 1000)


def said(ms: int | None) -> str:
    return "stands" if ms is None else datetime.fromtimestamp(ms / 1000, tz=VN).strftime("%Y-%m-%d %H:%M")


def paused(*spans: tuple[str, str]) -> tuple[Pause, ...]:
    return tuple(Pause(at(begin), at(end) if end else None) for begin, end in spans)


@pytest.mark.parametrize(
    ("term", "start", "due"),
    [
        # Tết 2026: off from Monday 16 to Friday 20 February, weekends on both sides
        (Term(TIMED, DAY), "2026-02-13 16:00", "2026-02-23 16:00"),
        (Term(TIMED, 60), "2026-02-13 16:30", "2026-02-23 08:00"),
        (Term(TIMED, 3 * DAY), "2026-02-17 09:00", "2026-02-25 17:00"),
        (Term(NOW, 24 * 60), "2026-02-16 22:00", "2026-02-17 22:00"),  # the immediate clock knows no Tết
        # Tết 2025: off from Monday 27 to Friday 31 January
        (Term(TIMED, 2 * DAY), "2025-01-24 13:30", "2025-02-04 11:30"),
        # Tết 2024: off from Thursday 8 to Wednesday 14 February
        (Term(TIMED, DAY), "2024-02-07 13:30", "2024-02-15 11:30"),
        # Tết 2027 as computed: off from Thursday 4 to Wednesday 10 February
        (Term(TIMED, DAY), "2027-02-03 13:30", "2027-02-11 11:30"),
        # 30 April to 1 May 2024, Monday 29 April swapped with Saturday 4 May
        (Term(TIMED, DAY), "2024-04-26 13:30", "2024-05-02 11:30"),
        (Term(TIMED, DAY), "2024-05-03 13:30", "2024-05-04 11:30"),
        # 30 April to 2 May 2025, Friday 2 May swapped with Saturday 26 April
        (Term(TIMED, DAY), "2025-04-25 13:30", "2025-04-26 11:30"),
        (Term(TIMED, DAY), "2025-04-29 13:30", "2025-05-05 11:30"),
        # Hùng Kings on Sunday 26 April 2026: Monday 27 off; 30 April Thursday, 1 May Friday off
        (Term(TIMED, 2 * DAY), "2026-04-24 13:30", "2026-04-29 11:30"),
        (Term(TIMED, DAY), "2026-04-29 13:30", "2026-05-04 11:30"),
        # National Day 2026: Monday 31 August (swapped with 22 August) to Wednesday 2 September off
        (Term(TIMED, 60), "2026-08-28 16:30", "2026-09-03 08:00"),
        (Term(TIMED, 60), "2026-08-21 16:30", "2026-08-22 08:00"),
        # announced late, so only the override table knows: Friday 2 January off, Saturday 10 worked
        (Term(TIMED, DAY), "2025-12-31 13:30", "2026-01-05 11:30"),
        (Term(TIMED, DAY), "2026-01-09 13:30", "2026-01-10 11:30"),
        # 1 January 2028 is a Saturday: Monday 3 off instead
        (Term(TIMED, 30), "2027-12-31 16:45", "2028-01-04 07:45"),
        # midnight
        (Term(TIMED, 1), "2026-06-02 00:00", "2026-06-02 07:31"),
        (Term(TIMED, DAY), "2026-06-02 23:59", "2026-06-03 17:00"),
        (Term(NOW, 1), "2026-06-02 23:59", "2026-06-03 00:00"),
        (Term(NOW, 0), "2026-06-02 23:59", "2026-06-02 23:59"),
    ],
)
def test_when_time_is_up(term: Term, start: str, due: str) -> None:
    assert said(due_ms(term, Run(at(start)), CALENDAR)) == due


@pytest.mark.parametrize(
    ("term", "start", "pauses", "due"),
    [
        # an hour passed, then the reporter was asked over a weekend; six and a half hours remain
        (
            Term(TIMED, DAY),
            "2026-06-05 07:30",
            (("2026-06-05 08:30", "2026-06-08 08:30"),),
            "2026-06-08 17:00",
        ),
        # asked on the eve of Tết, answered in the night after it
        (
            Term(TIMED, 60),
            "2026-02-13 16:30",
            (("2026-02-13 16:45", "2026-02-22 23:00"),),
            "2026-02-23 08:15",
        ),
        # asked twice
        (
            Term(TIMED, 180),
            "2026-06-01 08:00",
            (("2026-06-01 08:30", "2026-06-01 09:30"), ("2026-06-01 10:00", "2026-06-01 10:15")),
            "2026-06-01 14:15",
        ),
        # asked outside of working hours: nothing is won
        (
            Term(TIMED, 60),
            "2026-06-01 17:30",
            (("2026-06-01 18:00", "2026-06-02 06:00"),),
            "2026-06-02 08:30",
        ),
        # asked when the time was up already: still due when it was
        (Term(TIMED, 60), "2026-06-01 08:00", (("2026-06-01 10:00", ""),), "2026-06-01 09:00"),
        (Term(TIMED, 60), "2026-06-01 08:00", (("2026-06-01 09:00", ""),), "2026-06-01 09:00"),
        # still waiting for the answer
        (Term(TIMED, 60), "2026-06-01 08:00", (("2026-06-01 08:59", ""),), "stands"),
        (Term(NOW, 60), "2026-06-01 23:30", (("2026-06-01 23:45", "2026-06-02 06:00"),), "2026-06-02 06:45"),
        (Term(NOW, 60), "2026-06-01 23:30", (("2026-06-01 23:45", ""),), "stands"),
    ],
)
def test_a_clock_that_stood_still(
    term: Term, start: str, pauses: tuple[tuple[str, str], ...], due: str
) -> None:
    assert said(due_ms(term, Run(at(start), paused(*pauses)), CALENDAR)) == due


def test_a_change_of_the_calendar_moves_what_is_due() -> None:
    before = working_days((2025, 2026))
    run, term = Run(at("2025-12-31 13:30")), Term(TIMED, DAY)
    assert said(due_ms(term, run, before)) == "2026-01-02 11:30"
    assert said(due_ms(term, run, CALENDAR)) == "2026-01-05 11:30"


def test_a_reassignment_gives_the_agency_its_time_anew_and_leaves_the_citys_clock() -> None:
    city, answer = Run(at("2026-06-01 08:00")), Term(TIMED, 3 * DAY)
    first, second, handle = Run(at("2026-06-01 09:00")), Run(at("2026-06-03 16:00")), Term(TIMED, DAY)
    assert said(due_ms(answer, city, CALENDAR)) == "2026-06-04 08:00"
    assert said(due_ms(handle, first, CALENDAR)) == "2026-06-02 09:00"
    assert said(due_ms(handle, second, CALENDAR)) == "2026-06-04 16:00"


def test_what_lies_between_done_and_sent_back_is_not_the_agencys() -> None:
    run = Run(at("2026-06-01 08:00")).end(at("2026-06-01 09:00"))
    again = run.undo_end(at("2026-06-03 08:00"))
    assert again == Run(at("2026-06-01 08:00"), paused(("2026-06-01 09:00", "2026-06-03 08:00")))
    assert said(due_ms(Term(TIMED, 120), again, CALENDAR)) == "2026-06-03 09:00"


def test_pausing_twice_or_after_the_end_changes_nothing() -> None:
    run = Run(1).pause(2)
    assert run.pause(3) == run
    assert run.resume(4) == Run(1, (Pause(2, 4),))
    assert run.resume(4).resume(5) == run.resume(4)
    assert run.end(6) == Run(1, (Pause(2, 6),), 6)
    assert run.end(6).pause(7) == run.end(6)
    assert Run(1).undo_end(2) == Run(1)
