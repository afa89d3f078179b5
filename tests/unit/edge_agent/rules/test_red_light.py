import pytest
from fakes.road import (
    BIKE,
    CAR,
    FILMINGS,
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
from edge_agent.rules.red_light import MOST_PENDING, SIGNAL_UNKNOWN, RedLightRule
from edge_agent.scene.scene import Lane, Line, Signal
from edge_agent.scene.signal_specs import VEHICLES, RedLight

STOP = Line(id="stop", start=pictured(-0.5, 20), end=pictured(4.5, 20))
LANE = Lane(
    id="ahead",
    polygon=(pictured(0, 8), pictured(4, 8), pictured(4, 19), pictured(0, 19)),
    direction=(0.0, -1.0),
)
TURN = Lane(
    id="right",
    polygon=(pictured(2.2, 17), pictured(7, 17), pictured(12, 26), pictured(2.2, 24)),
    direction=(1.0, -0.4),
)
LAMP = Signal(id="lamp", box=(0.1, 0.1, 0.2, 0.3), lamps={"red": (0.1, 0.1, 0.2, 0.2)})
GREEN_THEN_RED: Plan = ((0.0, "green"), (3.0, "amber"), (6.0, "red"), (20.0, "green"))
"""Red from 6 to 20 s."""


def red_light(turn_lanes: tuple[Lane, ...] = (), **settings: float) -> RedLightRule:
    spec = RedLight(
        id="r",
        stop_line="stop",
        lane="ahead",
        signal="lamp",
        turn_lanes=tuple(lane.id for lane in turn_lanes),
        **settings,
    )
    return RedLightRule(spec, STOP, LANE, LAMP, Origin("cam", "m", VEHICLES), turns=turn_lanes)


def across(met_s: float, speed_ms: float = 8.0, *, east: float = 2.0) -> Vehicle:
    """Drives over the line at this time without slowing down."""
    begins_s, ends_s = met_s - 12 / speed_ms, met_s + 15 / speed_ms
    way = ways((begins_s, (east, 8.0)), (ends_s, (east, 35.0)))
    return Vehicle(way, seen_s=(max(0.0, begins_s), ends_s))


ROCKING = Vehicle(
    ways(
        (2.0, (2.0, 8.0)), (5.0, (2.0, 20.1)), (6.2, (2.0, 20.1)), (6.4, (2.0, 19.8)), (6.7, (2.0, 19.8)),
        (8.5, (2.0, 32.0)),
    ),
    seen_s=(2.0, 8.5),
)  # fmt: skip
"""Stops on the line before red begins, rolls back over it, and drives on while it is red."""


def stopping(*, at_m: float, from_s: float, until_s: float, on_s: float = 1e9) -> Vehicle:
    """Comes to a stop at so many metres north, stands, and at `on_s` drives on."""
    legs = [(from_s, (2.0, 8.0)), (until_s, (2.0, at_m)), (on_s, (2.0, at_m)), (on_s + 2.5, (2.0, at_m + 15))]
    return Vehicle(ways(*legs), seen_s=(from_s, on_s + 2.5))


@pytest.mark.parametrize(
    ("vehicle", "expected"),
    [
        pytest.param(across(4.0), 0, id="on amber"),
        pytest.param(across(5.8), 0, id="just before red"),
        pytest.param(across(6.2), 0, id="red for less than half a second"),
        pytest.param(across(7.5), 1, id="on red"),
        pytest.param(across(12.0, 16.0), 1, id="fast on red"),
        pytest.param(across(12.0, 3.0), 1, id="slowly on red"),
        pytest.param(across(21.0), 0, id="on green again"),
        pytest.param(across(12.0, 8.0, east=-2.0), 0, id="past the end of the line"),
        pytest.param(stopping(at_m=18.5, from_s=4, until_s=8, on_s=21), 0, id="stops before the line"),
        pytest.param(
            stopping(at_m=20.0, from_s=4, until_s=8, on_s=21), 0, id="stops on the line, on at green"
        ),
        pytest.param(stopping(at_m=20.0, from_s=3, until_s=6, on_s=21), 0, id="on the line at red onset"),
        pytest.param(stopping(at_m=21.5, from_s=2, until_s=5.5, on_s=12), 0, id="past the line at red onset"),
        pytest.param(stopping(at_m=20.2, from_s=2, until_s=5.5, on_s=12), 0, id="on it at onset, then on"),
        pytest.param(
            stopping(at_m=20.3, from_s=5, until_s=9, on_s=20.5), 0, id="over it a little, on at green"
        ),
        pytest.param(ROCKING, 0, id="on it at onset, rocks back, then on"),
        pytest.param(stopping(at_m=18.5, from_s=4, until_s=8, on_s=12), 1, id="stops, then runs"),
    ],
)
def test_who_runs_a_red_light_is_reported_once(vehicle: Vehicle, expected: int) -> None:
    assert everywhere(expected) == counted(red_light, [vehicle], 25, plan=GREEN_THEN_RED)


def test_the_event_has_the_time_of_the_crossing_and_how_long_it_had_been_red() -> None:
    for filming in FILMINGS:
        (event,) = judged(red_light(), [across(9.0)], 15, filming, plan=GREEN_THEN_RED)
        assert event.at_s == pytest.approx(9.0, abs=0.25)
        assert event.value == pytest.approx(3.0, abs=0.75)
        assert (event.kind, event.rule, event.zone_or_line) == ("red_light_run", "r", "stop")
        assert (event.camera, event.class_name, event.track_id) == ("cam", "car", 1)


def test_a_queue_that_creeps_on_the_line_does_not_run() -> None:
    creep = ways(
        (2.0, (2.0, 14.0)), (5.0, (2.0, 19.6)), (8.0, (2.0, 19.8)), (12.0, (2.0, 20.2)), (19, (2.0, 20.2))
    )
    vehicle = Vehicle(creep, seen_s=(2.0, 25.0))
    assert everywhere(0) == counted(red_light, [vehicle], 25, plan=GREEN_THEN_RED)


@pytest.mark.parametrize(("turn_lanes", "expected"), [((TURN,), 0), ((), 1)], ids=["may turn", "may not"])
def test_who_turns_in_a_lane_that_may_turn_on_red_is_left_out(
    turn_lanes: tuple[Lane, ...], expected: int
) -> None:
    way = ways((9.0, (3.2, 8.0)), (10.5, (3.2, 19.0)), (11.0, (3.6, 21.5)), (12.5, (9.0, 25.0)))
    vehicle = Vehicle(way, seen_s=(9, 12.5))
    found = counted(lambda: red_light(turn_lanes), [vehicle], 15, plan=GREEN_THEN_RED)
    assert everywhere(expected) == found


def test_a_turn_lane_does_not_excuse_who_drives_straight_on_beside_it() -> None:
    found = counted(lambda: red_light((TURN,)), [across(10.0, east=1.0)], 15, plan=GREEN_THEN_RED)
    assert everywhere(1) == found


@pytest.mark.parametrize(
    ("met_s", "expected"),
    [
        pytest.param(12.0, 1, id="red all the while"),
        pytest.param(6.8, 0, id="it may have been before red"),
        pytest.param(20.2, 0, id="green when it was seen again"),
    ],
)
def test_hidden_while_crossing(met_s: float, expected: int) -> None:
    seen = across(met_s, 5.0)
    vehicle = Vehicle(seen.way, CAR, seen.seen_s, hidden_s=(met_s - 0.7, met_s + 0.7))
    assert everywhere(expected) == counted(red_light, [vehicle], 25, plan=GREEN_THEN_RED)


def test_a_track_that_appears_beyond_the_line_has_not_crossed_it() -> None:
    seen = across(12.0)
    vehicle = Vehicle(seen.way, CAR, seen_s=(12.15, seen.seen_s[1]))
    assert everywhere(0) == counted(red_light, [vehicle], 16, plan=GREEN_THEN_RED)


def test_who_comes_the_other_way_or_from_the_side_is_not_judged() -> None:
    towards = Vehicle(ways((10.0, (2.0, 35.0)), (13.0, (2.0, 9.0))), CAR, (10.0, 13.0))
    from_side = Vehicle(
        ways((10.0, (14.0, 19.0)), (12.0, (3.0, 19.5)), (13.5, (3.0, 32.0))), CAR, (10.0, 13.5)
    )
    lane = Lane(id="ahead", polygon=(pictured(0, 8), pictured(2, 8), pictured(2, 15), pictured(0, 15)),
                direction=(0.0, -1.0))  # fmt: skip
    spec = RedLight(id="r", stop_line="stop", lane="ahead", signal="lamp")

    def short_lane() -> RedLightRule:
        return RedLightRule(spec, STOP, lane, LAMP, Origin("cam", "m", VEHICLES))

    assert everywhere(0) == counted(short_lane, [towards, from_side], 16, plan=GREEN_THEN_RED)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(((0.0, ""),), id="never readable"),
        pytest.param(((0.0, "green"), (3.0, "red"), (8.0, "")), id="no longer readable"),
        pytest.param(tuple((n / 2, "red" if n % 2 else "off") for n in range(60)), id="blinking red"),
        pytest.param(tuple((n / 2, "amber" if n % 2 else "off") for n in range(60)), id="blinking amber"),
        pytest.param(((0.0, "off"),), id="switched off"),
    ],
)
def test_a_signal_that_is_not_known_to_be_red_decides_nothing(plan: Plan) -> None:
    assert everywhere(0) == counted(red_light, [across(12.0)], 16, plan=plan)


def test_frames_with_an_unknown_signal_are_counted() -> None:
    rule = red_light()
    unjudged = []
    for frame in filmed([across(12.0)], 16, Filming()):
        judged_frames(rule, [frame], None, plan=((0.0, "red"), (5.0, ""), (10.0, "red")))
        unjudged.append((frame.at_s, rule.unjudged))
    assert {word for at_s, word in unjudged if 1 < at_s < 5} == {""}
    assert {word for at_s, word in unjudged if 6 < at_s < 10} == {SIGNAL_UNKNOWN}
    assert {word for at_s, word in unjudged if at_s > 11} == {""}


def test_without_any_reading_every_frame_is_counted() -> None:
    rule = red_light()
    assert judged(rule, [across(12.0)], 20, Filming()) == []
    assert rule.unjudged == SIGNAL_UNKNOWN


def test_each_of_a_row_of_motorbikes_is_reported() -> None:
    bikes = [
        Vehicle(across(10 + n * 0.4, 9.0, east=1.0 + n % 3).way, BIKE, across(10 + n * 0.4, 9.0).seen_s)
        for n in range(5)
    ]
    for filming in FILMINGS:
        events = judged(red_light(), bikes, 15, filming, plan=GREEN_THEN_RED)
        assert sorted(event.track_id for event in events) == [1, 2, 3, 4, 5]


def test_a_young_track_is_reported_when_it_is_old_enough() -> None:
    seen = across(12.0)
    vehicle = Vehicle(seen.way, CAR, seen_s=(11.8, seen.seen_s[1]))
    (event,) = judged(red_light(), [vehicle], 20, Filming(), plan=GREEN_THEN_RED)
    assert event.at_s == pytest.approx(12.0, abs=0.1)


def test_only_the_rules_classes_are_judged() -> None:
    rule = RedLightRule(
        RedLight(id="r", stop_line="stop", lane="ahead", signal="lamp"),
        STOP, LANE, LAMP, Origin("cam", "m", ("bus",)),
    )  # fmt: skip
    assert judged(rule, [across(12.0)], 20, Filming(), plan=GREEN_THEN_RED) == []


def test_how_long_it_must_have_been_red_and_how_far_one_must_go_can_be_set() -> None:
    filming = Filming()
    assert judged(red_light(min_red_s=5.0), [across(10.0)], 16, filming, plan=GREEN_THEN_RED) == []
    short = Vehicle(ways((8.0, (2.0, 8.0)), (10.0, (2.0, 22.0)), (20, (2.0, 22.0))), CAR, (8.0, 20.0))
    assert len(judged(red_light(), [short], 16, filming, plan=GREEN_THEN_RED)) == 1
    far = red_light(beyond_m=5.0, beyond_s=5.0)
    assert judged(far, [short], 16, filming, plan=GREEN_THEN_RED) == []


def test_a_pause_forgets_open_passages() -> None:
    rule = red_light()
    frames = filmed([across(12.0)], 20, Filming())
    before = [frame for frame in frames if frame.at_s < 12.05]
    judged_frames(rule, before, None, plan=GREEN_THEN_RED)
    rule.pause()
    assert judged_frames(rule, frames[len(before) :], None, plan=GREEN_THEN_RED) == []


def test_nothing_is_kept_of_tracks_that_have_ended_nor_of_passages_that_wait_in_vain() -> None:
    rule = red_light()
    vehicles = [across(8 + n / 20, 9.0, east=1 + n % 3) for n in range(MOST_PENDING + 8)]
    judged(rule, vehicles, 13, Filming())
    assert len(rule._pending) <= MOST_PENDING
    judged(rule, [], 2, Filming())
    assert (len(rule._approaches), rule._pending) == (0, [])
