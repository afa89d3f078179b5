# ruff: noqa: S608  queries of tests

import pytest

from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.plan import Aggregate, Plan, Transform, plan
from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError, UnsupportedError
from aggregator.storage.timeseries.influxql.schema import FieldType, schema_of
from aggregator.storage.timeseries.influxql.syntax import Ref, Select

MINUTE = 60_000_000_000


def planned(text: str) -> Plan:
    select = parse(text)
    assert isinstance(select, Select)
    return plan(select, schema_of(select.source.measurement))


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("mean(value)", ["mean"]),
        ("mean(value), mean(n)", ["mean", "mean_1"]),
        ("mean(value), sum(n) AS mean, mean(n)", ["mean_1", "mean", "mean_2"]),
        ("sum(value) / sum(n)", ["sum_sum"]),
        ("2 * max(value) - min(value)", ["max_min"]),
        ("derivative(mean(value), 1s)", ["derivative"]),
        ("value, node, value", ["value", "node", "value_1"]),
    ],
)
def test_columns_are_named_as_influxdb_names_them(columns: str, expected: list[str]) -> None:
    every = " GROUP BY time(1m)" if "(" in columns else ""
    assert [column.name for column in planned(f"SELECT {columns} FROM flow{every}").columns] == expected


def test_aggregates_are_read_once_and_transforms_a_bucket_earlier() -> None:
    found = planned("SELECT sum(value), 2 * sum(value), difference(sum(value)) FROM flow GROUP BY time(1m)")
    plain = Aggregate("sum", "value", FieldType.FLOAT)
    early = Aggregate("sum", "value", FieldType.FLOAT, early=1)
    assert found.aggregates == (plain, early)
    assert found.calls == (plain, Transform("difference", early))


@pytest.mark.parametrize(
    ("text", "unit_ns"),
    [
        ("SELECT derivative(mean(value)) FROM flow GROUP BY time(1m)", MINUTE),
        ("SELECT derivative(mean(value), 1s) FROM flow GROUP BY time(1m)", MINUTE // 60),
        ("SELECT derivative(value) FROM flow", MINUTE // 60),
    ],
)
def test_a_derivative_is_by_the_bucket_or_the_second(text: str, unit_ns: int) -> None:
    (call,) = planned(text).calls
    assert isinstance(call, Transform)
    assert call.unit_ns == unit_ns


@pytest.mark.parametrize(
    ("text", "lone"),
    [
        ("SELECT max(value) FROM flow", True),
        ("SELECT max(value) * 2 FROM flow", True),
        ("SELECT max(value), max(value) AS again FROM flow", True),
        ("SELECT max(value), min(value) FROM flow", False),
        ("SELECT mean(value) FROM flow", False),
    ],
)
def test_a_lone_selector_has_a_time_of_its_own(text: str, lone: bool) -> None:  # noqa: FBT001  of the table
    assert planned(text).lone_selector is lone


@pytest.mark.parametrize(
    "text",
    [
        "SELECT nothing FROM flow",
        "SELECT mean(nothing) FROM flow",
        "SELECT mean(node) FROM flow",
        "SELECT kind FROM flow",
    ],
)
def test_a_field_that_is_not_there_finds_nothing(text: str) -> None:
    assert planned(text).columns == ()


def test_tags_and_fields_are_told_apart_by_the_schema() -> None:
    assert planned("SELECT kind, score FROM events").refs == (Ref("kind", "tag"), Ref("score", "field"))
    assert planned("SELECT mean(value) FROM flow GROUP BY *").tags == schema_of("flow").tags


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("SELECT mean(value), n FROM flow", UnsupportedError, "mixing aggregate"),
        ("SELECT derivative(value), n FROM flow", UnsupportedError, "mixing aggregate"),
        (
            "SELECT derivative(value), mean(n) FROM flow GROUP BY time(1m)",
            UnsupportedError,
            "mixing aggregate",
        ),
        ("SELECT 1 FROM flow", SyntaxRefusedError, "at least 1 non-time field"),
        ("SELECT value FROM flow GROUP BY time(1m)", SyntaxRefusedError, "at least one aggregate"),
        ("SELECT distinct(n), mean(n) FROM flow", SyntaxRefusedError, "cannot be combined"),
        ("SELECT derivative(mean(value)) FROM flow", SyntaxRefusedError, "requires a GROUP BY interval"),
        ("SELECT mean(value, 3) FROM flow", SyntaxRefusedError, "expected 1, got 2"),
        ("SELECT mean(3) FROM flow", SyntaxRefusedError, "expected field argument"),
        ("SELECT percentile(value) FROM flow", SyntaxRefusedError, "expected 2, got 1"),
        ("SELECT percentile(value, n) FROM flow", SyntaxRefusedError, "expected float argument"),
        ("SELECT percentile(value, 101) FROM flow", UnsupportedError, "between 0 and 100"),
        ("SELECT derivative(value, 3) FROM flow", SyntaxRefusedError, "must be a duration"),
        ("SELECT derivative(value, -3s) FROM flow", SyntaxRefusedError, "must be positive"),
        ("SELECT moving_average(value) FROM flow", SyntaxRefusedError, "must be an integer"),
        ("SELECT moving_average(value, 1) FROM flow", SyntaxRefusedError, "between 2 and"),
        ("SELECT difference(value, 1) FROM flow", SyntaxRefusedError, "expected 1, got 2"),
        ("SELECT difference(difference(value)) FROM flow", UnsupportedError, "a field or an aggregate"),
        ("SELECT difference(stream) FROM flow", UnsupportedError, "text field"),
        ("SELECT mean(stream) FROM flow", UnsupportedError, "text field stream"),
        ("SELECT value + node FROM flow", UnsupportedError, "arithmetic with a tag"),
        ("SELECT distinct(n) + 1 FROM flow", UnsupportedError, "arithmetic with a tag"),
        ("SELECT 5s FROM flow", UnsupportedError, "a duration"),
    ],
)
def test_what_cannot_be_planned_is_refused(text: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        planned(text)
