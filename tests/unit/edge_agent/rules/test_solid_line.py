from typing import Literal

import pytest
from fakes.road import (
    BIKE,
    CAR,
    FILMINGS,
    Filming,
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
from edge_agent.rules.solid_line import SolidLineRule
from edge_agent.scene.scene import Line
from edge_agent.scene.signal_specs import VEHICLES, SolidLine

LINE = Line(id="solid", start=pictured(0, 10), end=pictured(0, 30))
"""Drawn away from the camera: from left to right is backward or forward, as the design has it."""
Forbidden = Literal["both", "forward", "backward"]


def solid_line(forbidden: Forbidden = "both", **settings: float) -> SolidLineRule:
    spec = SolidLine(id="s", line="solid", forbidden=forbidden, **settings)
    return SolidLineRule(spec, LINE, Origin("cam", "m", VEHICLES))


def driving(*legs: tuple[float, tuple[float, float]], bike: bool = False) -> Vehicle:
    return Vehicle(ways(*legs), BIKE if bike else CAR, seen_s=(legs[0][0], legs[-1][0]))


RIGHT = driving((1, (-1.8, 12)), (2, (-1.8, 16)), (4, (1.8, 24)), (5, (1.8, 28)))
LEFT = driving((1, (1.8, 12)), (2, (1.8, 16)), (4, (-1.8, 24)), (5, (-1.8, 28)))


@pytest.mark.parametrize(
    ("vehicle", "expected"),
    [
        pytest.param(RIGHT, 1, id="changes to the right"),
        pytest.param(LEFT, 1, id="changes to the left"),
        pytest.param(driving((1, (-1, 14)), (2, (1, 16)), (4, (1, 24)), bike=True), 1, id="a motorbike"),
        pytest.param(driving((1, (-1.8, 12)), (5, (-1.8, 30))), 0, id="keeps to its lane"),
        pytest.param(driving((1, (0, 12)), (5, (0, 30))), 0, id="rides on the line"),
        pytest.param(driving((1, (-0.6, 12)), (3, (0.12, 20)), (5, (-0.6, 28))), 0, id="a wheel over it"),
        pytest.param(
            driving((1, (-1, 12)), (2.0, (-0.3, 16)), (2.2, (0.4, 17)), (2.4, (-0.4, 18)), (4, (-1, 25))),
            0,
            id="avoids a hole and comes back at once",
        ),
        pytest.param(driving((1, (-1.8, 31)), (3, (1.8, 36)), (4, (1.8, 40))), 0, id="beyond its end"),
        pytest.param(
            driving((1, (-1, 12)), (2.5, (1, 17)), (4, (1, 20)), (5.5, (-1, 25)), (7, (-1, 29))),
            2,
            id="over and back",
        ),
    ],
)
def test_who_crosses_a_solid_line_and_stays_is_reported(vehicle: Vehicle, expected: int) -> None:
    assert everywhere(expected) == counted(solid_line, [vehicle], 8)


@pytest.mark.parametrize(
    ("forbidden", "vehicle", "expected"),
    [
        ("both", RIGHT, ["forward"]),
        ("both", LEFT, ["backward"]),
        ("forward", RIGHT, ["forward"]),
        ("forward", LEFT, []),
        ("backward", RIGHT, []),
        ("backward", LEFT, ["backward"]),
    ],
)
def test_only_the_forbidden_direction_is_reported(
    forbidden: Forbidden, vehicle: Vehicle, expected: list[str]
) -> None:
    for filming in FILMINGS:
        events = judged(solid_line(forbidden), [vehicle], 6, filming)
        assert [event.direction for event in events] == expected


def test_the_event_says_who_crossed_when() -> None:
    for filming in FILMINGS:
        (event,) = judged(solid_line(), [RIGHT], 6, filming)
        assert event.at_s == pytest.approx(3.0, abs=0.3)
        assert event.duration_s >= 0.5
        assert (event.kind, event.rule, event.zone_or_line) == ("solid_line_crossed", "s", "solid")


def test_after_a_ride_on_the_line_the_last_crossing_counts() -> None:
    wobbling = [(1.0 + n / 2, ((-0.1, 0.1)[n % 2], 12.0 + n)) for n in range(9)]
    way = ways((0.5, (-1.0, 11.0)), *wobbling, (5.5, (-0.1, 21.0)), (6.5, (1.2, 24.0)))
    (event,) = judged(solid_line(), [Vehicle(way, CAR, (0.5, 6.5))], 7, Filming())
    assert event.at_s == pytest.approx(5.58, abs=0.1)


def test_who_is_hidden_while_crossing_is_reported_when_seen_beyond() -> None:
    vehicle = Vehicle(RIGHT.way, CAR, RIGHT.seen_s, hidden_s=(2.7, 3.6))
    assert everywhere(1) == counted(solid_line, [vehicle], 6)


def test_a_track_that_appears_beyond_the_line_has_not_crossed_it() -> None:
    vehicle = Vehicle(RIGHT.way, CAR, seen_s=(3.4, 5.0))
    assert everywhere(0) == counted(solid_line, [vehicle], 6)


@pytest.mark.parametrize(("settings", "expected"), [({}, 1), ({"stay_s": 5.0}, 0), ({"beyond_m": 9.0}, 0)])
def test_its_thresholds_can_be_set(settings: dict[str, float], expected: int) -> None:
    assert expected == len(judged(solid_line(**settings), [RIGHT], 6, Filming()))


def test_only_the_rules_classes_are_judged() -> None:
    rule = SolidLineRule(SolidLine(id="s", line="solid"), LINE, Origin("cam", "m", ("bus",)))
    assert judged(rule, [RIGHT], 6, Filming()) == []


def test_a_pause_forgets_and_nothing_is_kept_of_tracks_that_have_ended() -> None:
    rule = solid_line()
    frames = filmed([RIGHT], 9, Filming())
    judged_frames(rule, [frame for frame in frames if frame.at_s < 3.2], None)
    rule.pause()
    assert judged_frames(rule, [frame for frame in frames if frame.at_s >= 3.2], None) == []
    assert rule._rides == {}
