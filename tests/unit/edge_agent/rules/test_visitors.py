from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from fakes.staged_walks import Walk, moments

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.moment import Moment, moment_of
from edge_agent.rules.origin import Origin
from edge_agent.rules.visitors import VisitorsRule
from edge_agent.scene.public_specs import Visitors
from edge_agent.scene.scene import Line

DOOR = Line("door", (0.5, 0.1), (0.5, 0.95))
"""Forward, by its definition, is from right to left."""


def rule(inward: str = "forward", reset_hour: int = 3) -> VisitorsRule:
    spec = Visitors(id="v", line="door", inward=inward, reset_hour=reset_hour)  # type: ignore[arg-type]
    return VisitorsRule(spec, DOOR, Origin("cam", "m", ("person",)))


def leftwards(number: int, begin_s: float) -> Walk:
    return Walk(number, [(begin_s, 0.8, 0.6), (begin_s + 4, 0.2, 0.6)])


def rightwards(number: int, begin_s: float) -> Walk:
    return Walk(number, [(begin_s, 0.2, 0.7), (begin_s + 4, 0.8, 0.7)])


def totals(subject: VisitorsRule, seen: Iterable[Moment]) -> tuple[float, float, float]:
    came = left = 0.0
    for moment in seen:
        assert subject.step(moment) == []
        figures = {gauge.name: gauge.value or 0.0 for gauge in subject.gauges}
        came += figures["visitors_in"]
        left += figures["visitors_out"]
    return came, left, figures["visitors_inside"]


@pytest.mark.parametrize(("fps", "dropped"), [(5, 0.2), (10, 0.2), (15, 0.0)])
@pytest.mark.parametrize(("inward", "expected"), [("forward", (3, 1, 2)), ("backward", (1, 3, 1))])
def test_who_comes_and_who_goes(
    inward: str, expected: tuple[int, int, int], fps: float, dropped: float
) -> None:
    walks = [leftwards(number, 2.0 * number) for number in (1, 2, 3)] + [rightwards(4, 12.0)]
    assert expected == totals(rule(inward), moments(walks, until_s=25, fps=fps, dropped=dropped))


def test_trembling_in_the_door_counts_once() -> None:
    stops = [(0.0, 0.8, 0.6), (3.0, 0.505, 0.6)]
    stops += [(3.0 + 0.2 * step, 0.495 if step % 2 else 0.505, 0.6) for step in range(1, 40)]
    stops += [(14.0, 0.2, 0.6)]
    assert totals(rule(), moments([Walk(1, stops)], until_s=20)) == (1, 0, 1)


def test_nobody_counts_below_zero() -> None:
    walks = [rightwards(1, 1.0), rightwards(2, 3.0), leftwards(3, 12.0)]
    assert totals(rule(), moments(walks, until_s=20)) == (1, 2, 1)


def test_a_passage_that_only_the_end_decides_is_counted() -> None:
    subject = rule()
    seen = moments([Walk(1, [(0, 0.8, 0.6), (4, 0.498, 0.6)])], until_s=4)
    assert totals(subject, seen)[0] == 0.0
    assert subject.finish() == []
    assert {gauge.name: gauge.value for gauge in subject.gauges} == {"visitors_in": 1.0, "visitors_out": 0.0}


def inside_after(subject: VisitorsRule, times: list[tuple[float, datetime | None]]) -> list[int]:
    """Who is inside after frames of these times, with three inside before the first."""
    subject.inside = 3
    found = []
    for at_s, local in times:
        subject.step(moment_of(Tracks(at_s, ()), local=local))
        found.append(subject.inside)
    return found


EVENING = datetime(2026, 1, 5, 22, 0, tzinfo=UTC)


def test_at_the_reset_hour_nobody_is_inside_any_more_once_a_day() -> None:
    hours = range(50)
    times: list[tuple[float, datetime | None]] = [
        (3600.0 * hour, EVENING + timedelta(hours=hour)) for hour in hours
    ]
    subject = rule()
    assert inside_after(subject, times) == [3] * 5 + [0] * 45
    subject.inside = 2
    subject.step(moment_of(Tracks(3600.0 * 53, ()), local=EVENING + timedelta(hours=53)))
    assert subject.inside == 0


@pytest.mark.parametrize(
    "jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)]
)
@pytest.mark.parametrize("start", [EVENING, datetime(2026, 1, 5, 2, 30, tzinfo=UTC)])
def test_moving_the_clock_resets_nothing(start: datetime, jump: timedelta) -> None:
    times: list[tuple[float, datetime | None]] = [
        (float(second), start + timedelta(seconds=second) + (jump if second >= 300 else timedelta()))
        for second in range(0, 600, 10)
    ]
    assert inside_after(rule(), times) == [3] * 60


def test_without_a_clock_nothing_is_reset() -> None:
    assert inside_after(rule(), [(3600.0 * hour, None) for hour in range(60)])[-1] == 3


def test_a_pause_forgets_passages_and_keeps_who_is_inside() -> None:
    subject = rule()
    totals(subject, moments([leftwards(1, 0.0)], until_s=8))
    subject.pause()
    assert (subject.inside, subject.gauges) == (1, ())
