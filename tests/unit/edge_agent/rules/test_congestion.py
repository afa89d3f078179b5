import pytest
from fakes.staged_road import GROUND, Vehicle, area, driven, parked, steady, stepped

from edge_agent.rules.congestion import CongestionRule
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.origin import Origin
from edge_agent.scene.homography import Ground
from edge_agent.scene.road_specs import Congestion
from edge_agent.scene.scene import Lane

ORIGIN = Origin("cam", "m", ("car", "motorcycle", "bus", "truck"))
SHORT = Lane(id="short", polygon=area(0.0, 3.5, 12.0, 36.0), direction=(0.0, -1.0))
"""24 m of a lane: a car takes 0.16 of it."""


def congestion(
    ground: Ground | None = GROUND, *, enter_s: float = 12, leave_s: float = 24, measures: bool = False
) -> CongestionRule:
    spec = Congestion(id="c", lane="short", enter_s=enter_s, leave_s=leave_s)
    return CongestionRule(spec, SHORT, ground, ORIGIN, measures=measures)


def standing(count: int, from_s: float = 0.0, to_s: float = 1e9) -> list[Vehicle]:
    """So many cars, bumper to bumper, from the far end of the lane on."""

    def car(north: float) -> Vehicle:
        return Vehicle(lambda t: (1.75, north) if from_s <= t < to_s else None)

    return [car(33.0 - 5.6 * number) for number in range(count)]


def levels(events: list[SceneEvent]) -> list[tuple[int, float]]:
    return [(round(event.value or 0), event.at_s) for event in events]


def told(rule: CongestionRule, vehicles: list[Vehicle], seconds: float, **how: float) -> list[SceneEvent]:
    frames = driven(vehicles, seconds, **{"fps": 5, "jitter": 0.01, **how})  # type: ignore[arg-type]  seeds are whole
    return [event for events, _ in stepped(rule, frames, ground=rule_ground(rule)) for event in events]


def rule_ground(rule: CongestionRule) -> Ground | None:
    return GROUND if rule._has_ground else None


@pytest.mark.parametrize(("fps", "dropped"), [(5, 0.0), (10, 0.0), (15, 0.0), (10, 0.2)])
@pytest.mark.parametrize(
    ("vehicles", "expected"),
    [
        pytest.param([], [], id="empty"),
        pytest.param(standing(1), [], id="one car"),
        pytest.param(standing(2), [1], id="two: slow"),
        pytest.param(standing(3), [1, 2], id="three: heavy"),
        pytest.param(standing(4), [1, 2, 3], id="four: jammed"),
        pytest.param(standing(4, to_s=3), [], id="too short"),
    ],
)
def test_cover_of_a_standing_lane_gives_its_level(
    vehicles: list[Vehicle], expected: list[int], fps: float, dropped: float
) -> None:
    events = told(congestion(enter_s=5), vehicles, 21, fps=fps, dropped=dropped, missed=0.1)
    assert expected == [level for level, _ in levels(events)]


def test_by_default_a_level_is_entered_after_one_minute_and_left_after_two() -> None:
    rule = congestion(
        enter_s=Congestion(id="c", lane="x").enter_s, leave_s=Congestion(id="c", lane="x").leave_s
    )
    found = levels(told(rule, standing(2, to_s=100), 240, fps=2))
    assert [level for level, _ in found] == [1, 0]
    assert [at_s for _, at_s in found] == pytest.approx([66, 223], abs=4)


def test_a_level_is_left_later_than_entered_and_the_events_say_how_long_it_lasted() -> None:
    events = told(congestion(), standing(3, to_s=30), 75)
    assert [level for level, _ in levels(events)] == [1, 2, 1, 0] or [
        level for level, _ in levels(events)
    ] == [1, 2, 0]
    assert events[-1].duration_s > 0
    assert {(event.kind, event.zone_or_line, event.track_id) for event in events} == {
        ("congestion_changed", "short", 0)
    }


def test_a_gap_in_a_jam_changes_nothing() -> None:
    jam = [*standing(3, to_s=20), *standing(3, from_s=28)]
    assert [level for level, _ in levels(told(congestion(), jam, 60))] == [1, 2]


def dense(kmh: float) -> list[Vehicle]:
    """One car after another, 7 m apart, at this speed."""
    return [
        Vehicle(steady(kmh, at_s=7 / (kmh / 3.6) * (n - 6))) for n in range(round(30 * kmh / 3.6 / 7) + 7)
    ]


def test_dense_traffic_that_flows_is_no_jam_where_speeds_are_known() -> None:
    assert told(congestion(), dense(45), 25) == []
    assert [level for level, _ in levels(told(congestion(), dense(15), 30))] == [1, 2]


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 0), (4, 3)])
def test_without_a_survey_the_picture_decides(count: int, expected: int) -> None:
    events = told(congestion(None), standing(count), 40)
    assert expected == (levels(events)[-1][0] if events else 0)


def figures(rule: CongestionRule, vehicles: list[Vehicle], seconds: float) -> list[Gauge]:
    return [each for _, gauges in stepped(rule, driven(vehicles, seconds, fps=10)) for each in gauges]


def test_the_level_is_measured_in_every_frame_and_speeds_once_a_passage() -> None:
    found = figures(congestion(measures=True), [Vehicle(steady(30)), Vehicle(parked(0.5, 38.0, 6))], 20)
    assert {each for each in found if each.name == "congestion"} == {
        Gauge("congestion", "short", "", "", 0.0, How.MOST)
    }
    speeds = [each for each in found if each.name == "speed"]
    assert [(each.class_name, each.direction, round(each.value or 0)) for each in speeds] == [
        ("car", "forward", 30)
    ]
    assert [each for each in figures(congestion(), [Vehicle(steady(30))], 10) if each.name == "speed"] == []


def test_speeds_of_open_passages_are_measured_at_the_end() -> None:
    rule = congestion(measures=True)
    figures(rule, [Vehicle(steady(30))], 2.5)
    assert rule.finish() == []
    assert [each.name for each in rule.gauges] == ["speed"]


def test_a_pause_or_a_long_time_without_frames_begins_anew() -> None:
    frames = driven(standing(3), 40, fps=5)
    rule = congestion()
    assert [event for events, _ in stepped(rule, frames[:50]) for event in events] == []
    rule.pause()
    assert rule.gauges == ()
    assert [event for events, _ in stepped(rule, frames[50:100]) for event in events] == []
    gap = [*frames[:50], *frames[90:140]]
    assert [event for events, _ in stepped(congestion(), gap) for event in events] == []
