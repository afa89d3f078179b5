import pytest
from fakes.road import (
    BIKE,
    BUS,
    CAR,
    FILMINGS,
    Body,
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
from edge_agent.rules.restricted_lane import RestrictedLaneRule
from edge_agent.scene.scene import Zone
from edge_agent.scene.signal_specs import RestrictedLane

BUS_LANE = Zone(
    id="brt", polygon=(pictured(-2, 9), pictured(2, 9), pictured(2, 45), pictured(-2, 45)), area_m2=None
)
NOT_BUSES = ("car", "motorcycle")


def restricted(inside_s: float = 2.0) -> RestrictedLaneRule:
    spec = RestrictedLane(id="l", zone="brt", classes=NOT_BUSES, inside_s=inside_s)
    return RestrictedLaneRule(spec, BUS_LANE, Origin("cam", "m", NOT_BUSES))


def driving(*legs: tuple[float, tuple[float, float]], body: Body = CAR) -> Vehicle:
    return Vehicle(ways(*legs), body, seen_s=(legs[0][0], legs[-1][0]))


@pytest.mark.parametrize(
    ("vehicle", "expected"),
    [
        pytest.param(driving((1, (0, 12)), (5, (0, 36))), 1, id="drives in it"),
        pytest.param(driving((1, (0, 12)), (5, (0, 36)), body=BIKE), 1, id="a motorbike in it"),
        pytest.param(driving((1, (0, 12)), (5, (0, 36)), body=BUS), 0, id="a bus in it"),
        pytest.param(driving((1, (0, 20)), (9, (0, 20))), 1, id="stands in it"),
        pytest.param(driving((1, (4, 12)), (5, (4, 36))), 0, id="drives beside it"),
        pytest.param(driving((1, (2, 12)), (9, (2, 40))), 0, id="on its edge"),
        pytest.param(driving((1, (2.05, 20)), (9, (2.05, 20))), 0, id="stands on its edge"),
        pytest.param(driving((1, (4, 12)), (2.5, (-4, 14))), 0, id="crosses it"),
        pytest.param(
            driving((1, (4, 12)), (2, (1, 16)), (2.8, (1, 20)), (3.8, (4, 26))), 0, id="for a moment"
        ),
        pytest.param(
            driving((1, (0, 12)), (5, (0, 18)), (6, (6, 20)), (11, (6, 22)), (12, (0, 22)), (16, (0, 30))),
            2,
            id="leaves and comes back",
        ),
    ],
)
def test_who_stays_in_a_lane_closed_to_him_is_reported_once(vehicle: Vehicle, expected: int) -> None:
    assert everywhere(expected) == counted(restricted, [vehicle], 17)


def test_the_event_says_who_was_where_how_long() -> None:
    for filming in FILMINGS:
        (event,) = judged(restricted(), [driving((1, (0, 12)), (5, (0, 36)))], 6, filming)
        assert event.at_s == pytest.approx(3.2, abs=0.5)
        assert event.duration_s == pytest.approx(2.1, abs=0.3)
        assert (event.kind, event.rule, event.zone_or_line) == ("lane_misused", "l", "brt")


def test_time_out_of_sight_does_not_count() -> None:
    seen = driving((1, (0, 12)), (5, (0, 36)))
    vehicle = Vehicle(seen.way, CAR, (1.0, 4.3), hidden_s=(2.0, 3.4))
    assert everywhere(0) == counted(restricted, [vehicle], 6)


def test_how_long_can_be_set() -> None:
    assert judged(restricted(5.0), [driving((1, (0, 12)), (5, (0, 36)))], 6, Filming()) == []


def test_a_pause_forgets_and_nothing_is_kept_of_tracks_that_have_ended() -> None:
    rule = restricted()
    frames = filmed([driving((1, (0, 12)), (4.5, (0, 36)))], 6, Filming())
    judged_frames(rule, frames[:25], None)
    rule.pause()
    assert rule._stays == {}
    judged_frames(rule, frames[25:], None)
    assert rule._stays == {}
