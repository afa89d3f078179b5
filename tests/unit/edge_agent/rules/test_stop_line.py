from collections.abc import Callable

import pytest
from fakes.road import (
    BIKE,
    CAR,
    FILMINGS,
    Body,
    Filming,
    Plan,
    Vehicle,
    counted,
    everywhere,
    filmed,
    judged,
    judged_frames,
    pictured,
    ways,
)

from edge_agent.rules.origin import Origin
from edge_agent.rules.stop_line import StopLineRule
from edge_agent.scene.scene import Lane, Line, Signal, Zone
from edge_agent.scene.signal_specs import VEHICLES, StopLine

STOP = Line(id="stop", start=pictured(-0.5, 18), end=pictured(4.5, 18))
LANE = Lane(
    id="ahead",
    polygon=(pictured(0, 8), pictured(4, 8), pictured(4, 18), pictured(0, 18)),
    direction=(0.0, -1.0),
)
LAMP = Signal(id="lamp", box=(0.1, 0.1, 0.2, 0.3), lamps={"red": (0.1, 0.1, 0.2, 0.2)})
CROSSWALK = Zone(id="zebra", polygon=(pictured(-1, 19), pictured(5, 19), pictured(5, 26), pictured(-1, 26)))
JUNCTION = Zone(
    id="middle", polygon=(pictured(-6, 21.5), pictured(9, 21.5), pictured(9, 40), pictured(-6, 40))
)
GREEN_THEN_RED: Plan = ((0.0, "green"), (5.0, "red"), (18.0, "green"))
"""Red from 5 to 18 s."""


def stop_line(
    *, crosswalk: Zone | None = None, junction: Zone | None = None, **settings: float
) -> StopLineRule:
    spec = StopLine(id="s", stop_line="stop", lane="ahead", signal="lamp", **settings)
    origin = Origin("cam", "m", VEHICLES)
    return StopLineRule(spec, STOP, LANE, LAMP, origin, crosswalk=crosswalk, junction=junction)


def stopping(
    at_m: float, *, stands_s: float, on_s: float = 19.0, then_m: float = 34.0, body: Body = CAR
) -> Vehicle:
    """Comes to a stop at so many metres north at `stands_s`, and drives on at `on_s`."""
    begins_s = stands_s - 3
    legs = [(begins_s, (2.0, 8.0)), (stands_s, (2.0, at_m)), (on_s, (2.0, at_m)), (on_s + 2.5, (2.0, then_m))]
    return Vehicle(ways(*legs), body, seen_s=(max(0.0, begins_s), on_s + 2.5))


@pytest.mark.parametrize(
    ("vehicle", "expected"),
    [
        pytest.param(stopping(20.0, stands_s=9), 1, id="two metres past the line"),
        pytest.param(stopping(20.0, stands_s=9, body=BIKE), 1, id="a motorbike"),
        pytest.param(stopping(17.0, stands_s=9), 0, id="before the line"),
        pytest.param(stopping(18.0, stands_s=9), 0, id="on the line"),
        pytest.param(stopping(18.4, stands_s=9), 0, id="a wheel over the line"),
        pytest.param(stopping(18.05, stands_s=5), 0, id="on the line at red onset"),
        pytest.param(stopping(20.0, stands_s=4), 0, id="past the line at red onset"),
        pytest.param(stopping(20.0, stands_s=9, on_s=10.2), 0, id="for a second only"),
        pytest.param(stopping(20.0, stands_s=16.8), 0, id="red ends too soon"),
        pytest.param(stopping(20.0, stands_s=22, on_s=27), 0, id="on green"),
        pytest.param(stopping(27.0, stands_s=9), 0, id="far beyond the line"),
    ],
)
def test_who_stands_past_the_line_on_red_is_reported_once(vehicle: Vehicle, expected: int) -> None:
    assert everywhere(expected) == counted(stop_line, [vehicle], 26, plan=GREEN_THEN_RED)


def test_who_drives_through_does_not_stand() -> None:
    vehicle = Vehicle(ways((8.0, (2.0, 8.0)), (12.0, (2.0, 35.0))), seen_s=(8.0, 12.0))
    assert everywhere(0) == counted(stop_line, [vehicle], 14, plan=GREEN_THEN_RED)


def test_who_creeps_on_past_the_line_does_not_stand() -> None:
    vehicle = Vehicle(ways((4.0, (2.0, 10.0)), (7.0, (2.0, 17.0)), (13.0, (2.0, 25.0))), seen_s=(4.0, 13.0))
    assert everywhere(0) == counted(stop_line, [vehicle], 14, plan=GREEN_THEN_RED)


def with_junction() -> StopLineRule:
    return stop_line(junction=JUNCTION)


def with_crosswalk() -> StopLineRule:
    return stop_line(crosswalk=CROSSWALK)


@pytest.mark.parametrize(
    ("rule", "at_m", "expected"),
    [
        pytest.param(with_junction, 20.0, 1, id="before the junction"),
        pytest.param(with_junction, 22.5, 0, id="in the junction"),
        pytest.param(stop_line, 25.2, 0, id="beyond the reach of the line"),
        pytest.param(with_crosswalk, 25.2, 1, id="on a wide crosswalk"),
    ],
)
def test_the_junction_is_left_out_and_the_crosswalk_is_in(
    rule: Callable[[], StopLineRule], at_m: float, expected: int
) -> None:
    filmings = [filming for filming in FILMINGS if filming.ground]
    found = [
        len(judged(rule(), [stopping(at_m, stands_s=9)], 18, each, plan=GREEN_THEN_RED)) for each in filmings
    ]
    assert [expected] * len(filmings) == found


def test_who_rolls_back_from_the_junction_has_entered_it() -> None:
    way = ways(
        (7.0, (2.0, 10.0)), (9.0, (2.0, 23.5)), (10.0, (2.0, 23.5)), (11.5, (2.0, 20.0)), (17, (2.0, 20.0))
    )
    vehicle = Vehicle(way, seen_s=(7.0, 17.0))
    assert everywhere(0) == counted(with_junction, [vehicle], 17, plan=GREEN_THEN_RED)


def test_the_event_says_who_stood_where_and_how_long() -> None:
    for filming in FILMINGS:
        (event,) = judged(stop_line(), [stopping(20.0, stands_s=9)], 18, filming, plan=GREEN_THEN_RED)
        assert event.at_s == pytest.approx(11.7, abs=0.9)
        assert event.duration_s == pytest.approx(2.0, abs=0.8)
        assert (event.kind, event.rule, event.zone_or_line) == ("stop_line_blocked", "s", "stop")
        assert (event.class_name, event.track_id) == ("car", 1)


def test_who_stands_through_two_reds_is_reported_for_the_one_in_which_he_came() -> None:
    plan = ((0.0, "green"), (5.0, "red"), (14.0, "green"), (16.0, "red"))
    vehicle = stopping(20.0, stands_s=8, on_s=30)
    assert everywhere(1) == counted(stop_line, [vehicle], 30, plan=plan)


def test_who_comes_again_in_the_next_red_is_reported_again() -> None:
    plan = ((0.0, "green"), (3.0, "red"), (11.0, "green"), (13.0, "red"))
    way = ways(
        (2.0, (2.0, 8.0)), (5.0, (2.0, 20.0)), (10.0, (2.0, 20.0)), (12.0, (2.0, 10.0)), (14.5, (2.0, 10.0)),
        (16.0, (2.0, 20.0)), (21.0, (2.0, 20.0)),
    )  # fmt: skip
    assert everywhere(2) == counted(stop_line, [Vehicle(way, seen_s=(2.0, 21.0))], 21, plan=plan)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(((0.0, ""),), id="never readable"),
        pytest.param(((0.0, "green"), (5.0, "red"), (10.0, "")), id="no longer readable"),
        pytest.param(tuple((n / 2, "red" if n % 2 else "off") for n in range(60)), id="blinking red"),
    ],
)
def test_a_signal_that_is_not_known_to_be_red_decides_nothing(plan: Plan) -> None:
    assert everywhere(0) == counted(stop_line, [stopping(20.0, stands_s=9)], 18, plan=plan)


def test_a_track_that_appears_beyond_the_line_has_not_crossed_it() -> None:
    seen = stopping(20.0, stands_s=9)
    vehicle = Vehicle(seen.way, CAR, seen_s=(8.9, 18.0))
    assert everywhere(0) == counted(stop_line, [vehicle], 18, plan=GREEN_THEN_RED)


def test_who_is_hidden_for_a_moment_goes_on_standing() -> None:
    seen = stopping(20.0, stands_s=9)
    vehicle = Vehicle(seen.way, CAR, seen.seen_s, hidden_s=(9.8, 10.8))
    assert everywhere(1) == counted(stop_line, [vehicle], 18, plan=GREEN_THEN_RED)


def test_how_long_one_must_stand_can_be_set() -> None:
    vehicle = stopping(20.0, stands_s=9, on_s=13)
    assert judged(stop_line(hold_s=6.0), [vehicle], 18, Filming(), plan=GREEN_THEN_RED) == []


def test_a_pause_forgets_and_nothing_is_kept_of_tracks_that_have_ended() -> None:
    rule = stop_line()
    frames = filmed([stopping(20.0, stands_s=9, on_s=14)], 18, Filming())
    judged_frames(rule, [frame for frame in frames if frame.at_s < 10], None, plan=GREEN_THEN_RED)
    assert len(rule._stands) == 1
    rule.pause()
    assert rule._stands == {}
    assert (
        judged_frames(rule, [frame for frame in frames if frame.at_s >= 10], None, plan=GREEN_THEN_RED) == []
    )
    judged(rule, [], 30, Filming())
    assert (len(rule._approaches), rule._stands) == (0, {})
