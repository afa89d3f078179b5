from aggregator.console.charts import MINUTE_MS, MINUTES, SHOWN, busiest, charts_of, window
from aggregator.storage.timeseries.store import Point

START = 1_700_000_040_000
PLACE = ("n", "cam", "gate")


def point(minute: int, class_name: str, value: float, place: tuple[str, str, str] = PLACE) -> Point:
    return Point(START + minute * MINUTE_MS, (*place, class_name, "forward"), value, 1)


def test_the_window_ends_with_the_minute_that_runs() -> None:
    start_ms, end_ms = window(START + 59_999)
    assert (end_ms, end_ms - start_ms) == (START + MINUTE_MS, MINUTES * MINUTE_MS)
    assert window(START) == window(START + 59_999)


def test_a_minute_without_data_is_null_and_not_zero() -> None:
    (chart,) = charts_of("flow", [PLACE], [point(0, "car", 0.0), point(59, "car", 3.0)], START)
    (series,) = chart.series
    assert [0.0, *([None] * 58), 3.0] == series.values
    assert (series.total, chart.total) == (3.0, 3.0)


def test_points_of_other_places_and_other_hours_are_left_out() -> None:
    points = [point(-1, "car", 1.0), point(60, "car", 1.0), point(5, "car", 1.0, ("n", "cam", "door"))]
    (chart,) = charts_of("flow", [PLACE], points, START)
    assert chart.series == []


def test_the_busiest_places_are_shown_in_a_steady_order() -> None:
    totals = [Point(START, ("n", "cam", f"line-{number:02}"), float(number % 20), 1) for number in range(30)]
    places = busiest(totals)
    assert len(places) == SHOWN
    assert sorted(places) == places
    assert {f"line-{number}" for number in range(10, 20)} <= {place[2] for place in places}
