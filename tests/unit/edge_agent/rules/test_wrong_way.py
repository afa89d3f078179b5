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
from edge_agent.rules.wrong_way import WrongWayRule
from edge_agent.scene.scene import Lane
from edge_agent.scene.signal_specs import VEHICLES, WrongWay

LANE = Lane(
    id="out",
    polygon=(pictured(-2, 9), pictured(2, 9), pictured(2, 40), pictured(-2, 40)),
    direction=(0.0, -1.0),
)
"""Its traffic drives away from the camera."""


def wrong_way(**settings: float) -> WrongWayRule:
    return WrongWayRule(WrongWay(id="w", lane="out", **settings), LANE, Origin("cam", "m", VEHICLES))


def driving(*legs: tuple[float, tuple[float, float]], body: object = BIKE) -> Vehicle:
    return Vehicle(ways(*legs), BIKE if body is BIKE else CAR, seen_s=(legs[0][0], legs[-1][0]))


@pytest.mark.parametrize(
    ("vehicle", "expected"),
    [
        pytest.param(driving((1, (0, 30)), (4, (0, 12))), 1, id="against the lane"),
        pytest.param(driving((1, (0, 30)), (4, (0, 12)), body=CAR), 1, id="a car against the lane"),
        pytest.param(driving((1, (0, 12)), (4, (0, 30))), 0, id="along the lane"),
        pytest.param(driving((1, (5, 30)), (4, (5, 12))), 0, id="against it in the next lane"),
        pytest.param(driving((1, (-2, 14)), (3, (2, 14))), 0, id="across the lane"),
        pytest.param(driving((1, (0, 20)), (9, (0, 20))), 0, id="standing"),
        pytest.param(driving((1, (0, 22)), (2, (0, 16)), (3, (4, 16))), 0, id="for a second only"),
        pytest.param(driving((1, (0, 18)), (4, (0, 15.5)), (5, (4, 15.5)), body=CAR), 0, id="backs up"),
        pytest.param(driving((1, (0, 26)), (11, (0, 14))), 1, id="on foot"),
        pytest.param(
            driving((1, (0, 12)), (3, (0, 24)), (4, (0.5, 24)), (6.5, (0.5, 12))), 1, id="turns round"
        ),
    ],
)
def test_who_drives_against_the_lane_is_reported_once(vehicle: Vehicle, expected: int) -> None:
    assert everywhere(expected) == counted(wrong_way, [vehicle], 12)


def test_an_oblique_heading_is_not_yet_the_wrong_way() -> None:
    oblique = driving((1, (-2, 20)), (3, (1.9, 17)))
    assert everywhere(0) == counted(wrong_way, [oblique], 5)


def test_a_way_that_leads_across_is_not_the_wrong_way_however_often_it_heads_back() -> None:
    wide = Lane(
        id="out", polygon=(pictured(-12, 12), pictured(12, 12), pictured(12, 40), pictured(-12, 40)),
        direction=(0.0, -1.0),
    )  # fmt: skip

    def rule() -> WrongWayRule:
        return WrongWayRule(WrongWay(id="w", lane="out"), wide, Origin("cam", "m", VEHICLES))

    legs = [(1.0, (-8.0, 26.0))]
    for _ in range(3):
        at_s, (east, north) = legs[-1]
        legs += [(at_s + 0.6, (east, north - 1.6)), (at_s + 1.1, (east + 5.0, north - 1.6))]
    assert everywhere(0) == counted(rule, [driving(*legs)], 5)


def test_a_jerk_backwards_after_a_long_stand_is_too_short() -> None:
    jerk = driving((1, (0, 26)), (6, (0, 26)), (6.8, (0, 19)), (9, (0, 19)))
    assert everywhere(0) == counted(wrong_way, [jerk], 10)


def test_a_hidden_moment_does_not_end_the_drive() -> None:
    seen = driving((1, (0, 34)), (5, (0, 12)))
    vehicle = Vehicle(seen.way, BIKE, seen.seen_s, hidden_s=(2.5, 3.3))
    assert everywhere(1) == counted(wrong_way, [vehicle], 6)


def test_the_event_says_who_drove_where_and_how_long() -> None:
    for filming in FILMINGS:
        (event,) = judged(wrong_way(), [driving((1, (0, 30)), (4, (0, 12)))], 6, filming)
        assert event.at_s == pytest.approx(2.7, abs=0.7)
        assert event.duration_s >= 1.5
        assert (event.kind, event.rule, event.zone_or_line) == ("wrong_way", "w", "out")
        assert (event.class_name, event.track_id) == ("motorcycle", 1)


def test_who_stops_for_a_moment_is_not_reported_twice_and_who_comes_again_is() -> None:
    once = driving((1, (0, 38)), (3, (0, 26)), (4.5, (0, 26)), (6.5, (0, 12)))
    again = driving((1, (0, 34)), (4, (0, 16)), (5, (0, 16)), (9, (0, 34)), (10, (0, 34)), (13, (0, 16)))
    assert everywhere(1) == counted(wrong_way, [once], 7)
    assert everywhere(2) == counted(wrong_way, [again], 14)


def test_a_mirrored_or_slanted_lane_is_judged_by_its_own_direction() -> None:
    slanted = Lane(
        id="side",
        polygon=(pictured(-9, 16), pictured(9, 16), pictured(9, 22), pictured(-9, 22)),
        direction=(1.0, 0.0),
    )

    def rule() -> WrongWayRule:
        return WrongWayRule(WrongWay(id="w", lane="side"), slanted, Origin("cam", "m", VEHICLES))

    assert everywhere(1) == counted(rule, [driving((1, (8, 19)), (4, (-8, 19)))], 5)
    assert everywhere(0) == counted(rule, [driving((1, (-8, 19)), (4, (8, 19)))], 5)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, 1), ({"min_s": 4.0}, 0), ({"min_m": 30.0, "min_lengths": 20.0}, 0), ({"angle": 179.9}, 0)],
)
def test_its_thresholds_can_be_set(settings: dict[str, float], expected: int) -> None:
    vehicle = driving((1, (-1, 30)), (4, (1, 12)))
    assert expected == len(judged(wrong_way(**settings), [vehicle], 5, Filming()))


def test_a_pause_forgets_and_nothing_is_kept_of_tracks_that_have_ended() -> None:
    rule = wrong_way()
    frames = filmed([driving((1, (0, 30)), (2.4, (0, 20)))], 4, Filming())
    judged_frames(rule, frames[:20], None)
    assert len(rule._drives) == 1
    rule.pause()
    assert rule._drives == {}
    judged_frames(rule, frames, None)
    assert rule._drives == {}
