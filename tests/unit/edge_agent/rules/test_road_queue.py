import pytest
from fakes.staged_road import GROUND, Vehicle, area, driven, picture_of, steady, stepped

from edge_agent.rules.gauges import How
from edge_agent.rules.origin import Origin
from edge_agent.rules.road_queue import RoadQueueRule
from edge_agent.scene.errors import SceneError
from edge_agent.scene.road_specs import RoadQueue
from edge_agent.scene.scene import Lane, Line

ORIGIN = Origin("cam", "m", ("car", "motorcycle", "bus", "truck"))
AWAY = Lane(id="lane", polygon=area(0.0, 3.5, 9.0, 62.0), direction=(0.0, -1.0))
TOWARDS = Lane(id="lane", polygon=area(0.0, 3.5, 9.0, 62.0), direction=(0.0, 1.0))
FAR_LINE = Line(id="stop", start=picture_of(0.0, 55.0), end=picture_of(3.5, 55.0))
NEAR_LINE = Line(id="stop", start=picture_of(0.0, 14.0), end=picture_of(3.5, 14.0))


def queue(lane: Lane = TOWARDS, line: Line = NEAR_LINE, *, hold_s: float = 10) -> RoadQueueRule:
    spec = RoadQueue(id="q", lane="lane", stop_line="stop", hold_s=hold_s)
    return RoadQueueRule(spec, lane, line, GROUND, ORIGIN)


def at(*norths: float, class_name: str = "car", to_s: float = 1e9, from_s: float = 0.0) -> list[Vehicle]:
    """Vehicles that stand with their middles there."""
    return [
        Vehicle(lambda t, north=north: (1.75, north) if from_s <= t < to_s else None, class_name)  # type: ignore[misc]  bound early
        for north in norths
    ]


def lengths(rule: RoadQueueRule, vehicles: list[Vehicle], seconds: float, *, fps: float = 5) -> list[float]:
    steps = stepped(rule, driven(vehicles, seconds, fps=fps, jitter=0.01, missed=0.1, seed=2))
    return [each.value or 0.0 for _, gauges in steps for each in gauges]


@pytest.mark.parametrize("fps", [5, 10, 15])
@pytest.mark.parametrize(
    ("vehicles", "expected"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param(at(17), 5.25, id="one at the line"),
        pytest.param(at(17, 23.5, 30), 18.25, id="three in line"),
        pytest.param(at(17, 23.5, 42), 11.75, id="a gap of 14 m ends the queue"),
        pytest.param(at(17, 29), 17.25, id="a gap of 7.5 m does not"),
        pytest.param(at(30, 36), 0, id="nobody near the line"),
        pytest.param(at(16, 18.5, 21, class_name="motorcycle"), 8, id="motorbikes"),
        pytest.param([*at(17), Vehicle(steady(-25, start=60.0))], 5.25, id="who drives up does not queue"),
        pytest.param(at(11.0), 0, id="beyond the line"),
    ],
)
def test_a_queue_reaches_to_the_tail_of_the_last_who_stands(
    vehicles: list[Vehicle], expected: float, fps: float
) -> None:
    assert lengths(queue(), vehicles, 5, fps=fps)[-1] == pytest.approx(expected, abs=1.2)


def test_a_queue_that_is_seen_from_behind_is_as_long() -> None:
    found = lengths(queue(AWAY, FAR_LINE), at(52, 45.5, 39), 5)
    assert found[-1] == pytest.approx(55 - 39 + 2.25, abs=1.5)


def test_queues_are_measured_within_a_metre_and_a_half() -> None:
    """RMSE over queues of 1 to 6 cars with uneven gaps."""
    squares = []
    for count in range(1, 7):
        norths = [17.0 + 6.3 * n + 0.4 * (n % 3) for n in range(count)]
        squares.append((lengths(queue(), at(*norths), 5)[-1] - (norths[-1] + 2.25 - 14)) ** 2)
    rmse = (sum(squares) / len(squares)) ** 0.5
    print(f"staged: queue RMSE {rmse:.2f} m")
    assert rmse < 1.5


def test_a_change_is_told_when_it_has_lasted_and_not_one_a_second() -> None:
    vehicles = [*at(17, 23, to_s=60), *at(29, 35, 41, from_s=10, to_s=60)]
    rule = queue()
    steps = stepped(rule, driven(vehicles, 90, fps=5, jitter=0.01, missed=0.1))
    events = [event for found, _ in steps for event in found]
    assert [event.kind for event in events] == ["queue_changed"] * 2
    assert [event.value or 0.0 for event in events] == pytest.approx([29, 0], abs=1.5)
    assert [event.at_s for event in events] == pytest.approx([23, 74], abs=3)
    assert [event.duration_s for event in events] == pytest.approx([10, 10], abs=0.5)


def test_a_queue_that_comes_and_goes_with_the_signal_is_not_told_each_time() -> None:
    vehicles = [each for n in range(4) for each in at(17, 23, 29, 35, from_s=16 * n, to_s=16 * n + 8)]
    events = [event for found, _ in stepped(queue(), driven(vehicles, 64, fps=5)) for event in found]
    assert events == []


def test_the_figure_is_the_most_of_the_minute() -> None:
    rule = queue()
    lengths(rule, at(17), 5)
    (gauge,) = rule.gauges
    assert (gauge.name, gauge.zone_or_line, gauge.how) == ("queue_length", "lane", How.MOST)


def test_a_pause_or_a_long_time_without_frames_begins_anew() -> None:
    rule = queue()
    frames = driven(at(17, 23, 29, 35), 30, fps=5)
    assert [event for found, _ in stepped(rule, [*frames[:40], *frames[80:120]]) for event in found] == []
    rule.pause()
    assert (rule.gauges, rule.finish()) == ((), [])


def test_a_line_beyond_the_horizon_is_refused_with_the_next_step() -> None:
    with pytest.raises(SceneError, match="check the line and the survey"):
        queue(line=Line(id="stop", start=(0.2, 0.05), end=(0.8, 0.05)))
