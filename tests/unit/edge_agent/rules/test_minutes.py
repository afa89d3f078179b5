import pytest

from edge_agent.rules.facts import SceneMeasurement
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.minutes import Minutes

KEY = ("gate", "person", "forward")
ZONE = ("plaza", "person")


def run(
    minutes: Minutes,
    times: list[float],
    *,
    count: int = 0,
    crossings: tuple[float, ...] = (),
) -> list[SceneMeasurement]:
    """Frames at these times, with so many in the zone; crossings are told in the frame at or after them."""
    rows = []
    due = sorted(crossings)
    for at_s in times:
        rows += minutes.begin_frame(at_s, at_s % 60)
        minutes.watch([KEY])
        minutes.occupy(ZONE, count)
        while due and due[0] <= at_s:
            minutes.cross(KEY, due.pop(0))
    return rows


def steady(start_s: float, end_s: float, fps: float = 2.0) -> list[float]:
    return [start_s + index / fps for index in range(round((end_s - start_s) * fps))]


def flows(rows: list[SceneMeasurement]) -> list[tuple[float, float, float]]:
    return [(row.start_s, row.period_s, row.value) for row in rows if row.name == "flow"]


def test_each_minute_has_its_flow_and_no_traffic_is_a_zero() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(0, 200), crossings=(3.0, 59.9, 60.0, 130.0))
    assert flows(rows) == [(0.0, 60.0, 2.0), (60.0, 60.0, 1.0), (120.0, 60.0, 1.0)]


def test_a_crossing_that_is_decided_late_counts_in_its_own_minute() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(0, 62))
    minutes.cross(KEY, 59.5)
    rows += run(minutes, steady(62, 130))
    assert flows(rows) == [(0.0, 60.0, 1.0), (60.0, 60.0, 0.0)]


def test_a_crossing_that_comes_after_its_minute_was_sent_is_not_lost() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(0, 70))
    minutes.cross(KEY, 59.5)
    rows += run(minutes, steady(70, 130))
    assert flows(rows) == [(0.0, 60.0, 0.0), (60.0, 60.0, 1.0)]


def test_minutes_begin_with_the_clocks_minutes() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(1000, 1150))
    assert [(row.start_s, row.period_s) for row in rows if row.name == "flow"][:3] == [
        (1000.0, 20.0),
        (1020.0, 60.0),
        (1080.0, 60.0),
    ]


def test_the_end_gives_the_last_part_of_a_minute() -> None:
    minutes = Minutes("cam")
    run(minutes, steady(0, 30.5), crossings=(10.0,))
    assert flows(minutes.finish()) == [(0.0, 30.0, 1.0)]
    assert minutes.finish() == []


def test_nothing_measured_gives_no_rows() -> None:
    assert Minutes("cam").finish() == []


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param(steady(0, 66), [0], id="whole"),
        pytest.param(steady(0, 50) + steady(57, 66), [0], id="seven seconds missing, two of them forgiven"),
        pytest.param(steady(0, 40) + steady(57, 66), [1], id="a quarter missing"),
        pytest.param(steady(0, 5) + steady(300, 301), [1], id="camera gone in the first minute"),
    ],
)
def test_a_minute_with_missing_frames_is_marked(times: list[float], expected: list[int]) -> None:
    rows = run(Minutes("cam"), times)
    assert expected == [row.quality for row in rows if row.name == "flow"]


def test_a_minute_without_frames_is_no_data_and_not_zero() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(0, 60) + steady(240, 310))
    assert [row.start_s for row in rows if row.name == "flow"] == [0.0, 240.0]


def test_occupancy_is_weighted_by_time_and_its_peak_kept() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(0, 30), count=2)
    rows += run(minutes, steady(30, 60, fps=10), count=4)
    rows += run(minutes, steady(60, 66))
    values = {row.name: (row.value, row.n) for row in rows if row.name != "flow"}
    mean, n = values["occupancy"]
    assert pytest.approx(mean, abs=0.05) == 3.0
    assert n == 360
    assert values["occupancy_max"] == (4.0, 360)


def test_a_single_frame_says_what_it_saw() -> None:
    minutes = Minutes("cam")
    run(minutes, [10.0, 10.0 + 1e-9], count=3)
    rows = minutes.finish()
    assert pytest.approx(next(row.value for row in rows if row.name == "occupancy")) == 3.0


def test_rows_say_where_they_are_from() -> None:
    minutes = Minutes("cam")
    rows = run(minutes, steady(0, 66), count=1)
    assert [(r.name, r.source, r.zone_or_line, r.class_name, r.direction, r.n) for r in rows] == [
        ("flow", "cam", "gate", "person", "forward", 120),
        ("occupancy", "cam", "plaza", "person", "", 120),
        ("occupancy_max", "cam", "plaza", "person", "", 120),
    ]


def test_open_minutes_are_bounded() -> None:
    minutes = Minutes("cam")
    run(minutes, steady(0, 3600, fps=1))
    assert len(minutes._open) <= 2


def test_measured_values_put_estimated_ones_out_of_the_figure() -> None:
    minutes = Minutes("cam")
    for index in range(100):
        minutes.begin_frame(index / 10, index / 10)
        minutes.gauge([Gauge("wait_time", "q", "", "", 500.0, How.SAMPLE_MEAN, quality=1)])
        if index in {30, 60}:
            minutes.gauge([Gauge("wait_time", "q", "", "", float(index), How.SAMPLE_MEAN)])
    assert [(row.value, row.n, row.quality) for row in minutes.finish()] == [(45.0, 2, 0)]


def test_an_estimate_says_so_and_counts_once() -> None:
    minutes = Minutes("cam")
    for index in range(100):
        minutes.begin_frame(index / 10, index / 10)
        minutes.gauge([Gauge("wait_time", "q", "", "", 500.0, How.SAMPLE_MEAN, quality=1)])
    assert [(row.value, row.n, row.quality) for row in minutes.finish()] == [(500.0, 1, 1)]


def test_time_adds_up_in_seconds_at_any_frame_rate() -> None:
    found = []
    for fps in (2, 10):
        minutes = Minutes("cam")
        for index in range(20 * fps + 1):
            minutes.begin_frame(index / fps, index / fps)
            if index > 10 * fps:
                minutes.gauge([Gauge("rules_suppressed", "", "moved", "", 1.0, How.TIME_SUM)] * 2)
        found += [row.value for row in minutes.finish()]
    assert found == pytest.approx([20.0, 20.0])
