import math

import pytest

from aggregator.storage.timeseries.influxql.buckets import Line, computed, filled, transformed
from aggregator.storage.timeseries.influxql.plan import Aggregate, Transform
from aggregator.storage.timeseries.influxql.schema import FieldType
from aggregator.storage.timeseries.influxql.syntax import Fill, FillKind

FLOAT = Aggregate("mean", "value", FieldType.FLOAT)
INTEGER = Aggregate("max", "n", FieldType.INTEGER)
COUNT = Aggregate("count", "value", FieldType.FLOAT)
POINTS: Line = [(10, 4.0), (40, 1.0)]


@pytest.mark.parametrize(
    ("aggregate", "fill", "expected"),
    [
        (FLOAT, Fill(), [None, 4.0, None, None, 1.0, None]),
        (COUNT, Fill(), [0, 4.0, 0, 0, 1.0, 0]),
        (FLOAT, Fill(FillKind.PREVIOUS), [None, 4.0, 4.0, 4.0, 1.0, 1.0]),
        (FLOAT, Fill(FillKind.LINEAR), [None, 4.0, 3.0, 2.0, 1.0, None]),
        (FLOAT, Fill(FillKind.NUMBER, -1), [-1.0, 4.0, -1.0, -1.0, 1.0, -1.0]),
        (INTEGER, Fill(FillKind.NUMBER, 2.9), [2, 4.0, 2, 2, 1.0, 2]),
    ],
)
def test_empty_buckets_are_filled(aggregate: Aggregate, fill: Fill, expected: list[float | None]) -> None:
    line = filled(POINTS, range(0, 60, 10), fill, aggregate)
    assert [value for _, value in line] == expected


def test_fill_none_leaves_empty_buckets_out() -> None:
    assert filled(POINTS, range(0, 60, 10), Fill(FillKind.NONE), FLOAT) == POINTS


def test_a_line_between_integers_is_cut_to_integers() -> None:
    line = filled([(0, 0), (30, 10)], range(0, 40, 10), Fill(FillKind.LINEAR), INTEGER)
    assert line == [(0, 0), (10, 3), (20, 6), (30, 10)]


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (Transform("cumulative_sum", FLOAT), [(0, 1.0), (10, 4.0), (30, 6.0)]),
        (Transform("difference", FLOAT), [(10, 2.0), (30, -1.0)]),
        (Transform("non_negative_difference", FLOAT), [(10, 2.0)]),
        (Transform("derivative", FLOAT, unit_ns=5), [(10, 1.0), (30, -0.25)]),
        (Transform("non_negative_derivative", FLOAT, unit_ns=10), [(10, 2.0)]),
        (Transform("moving_average", FLOAT, points=2), [(10, 2.0), (30, 2.5)]),
    ],
)
def test_running_functions_skip_what_is_not_there(transform: Transform, expected: Line) -> None:
    assert transformed([(0, 1.0), (10, 3.0), (20, None), (30, 2.0)], transform) == expected


def test_of_points_at_one_time_the_first_counts() -> None:
    assert transformed([(0, 1.0), (0, 9.0), (10, 3.0)], Transform("difference", FLOAT)) == [(10, 2.0)]


def test_no_number_runs_on() -> None:
    line: Line = [(0, math.nan), (10, 1.0), (20, 2.0)]
    summed = transformed(line, Transform("cumulative_sum", FLOAT))
    assert [value is not None and math.isnan(value) for _, value in summed] == [True, True, True]


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        ("+", 1, 2, 3),
        ("-", 1, 2.5, -1.5),
        ("*", 3, 2, 6),
        ("/", 7, 2, 3.5),
        ("/", 7, 0, 0.0),
        ("%", 7, 5, 2),
        ("%", -7, 5, -2),
        ("%", 7, 0, 0),
        ("%", 7.5, 2.0, 1.5),
        ("%", 7.5, 0.0, None),
        ("+", None, 2, None),
        ("/", 2, None, None),
    ],
)
def test_arithmetic_is_influxdbs(
    op: str, left: float | None, right: float | None, expected: float | None
) -> None:
    assert computed(op, left, right) == expected
