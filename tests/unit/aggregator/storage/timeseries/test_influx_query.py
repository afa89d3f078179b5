import pytest

from aggregator.storage.timeseries.influx_answer import Series
from aggregator.storage.timeseries.influx_query import (
    Slice,
    answers_nothing,
    named,
    points_influxql,
    points_of,
    quoted,
    slices_of,
)
from aggregator.storage.timeseries.store import Aggregate, Point, SeriesQuery, Tag, TagFilter

WHOLE = Slice(1_000, 61_000)


@pytest.mark.parametrize(
    ("text", "literal", "identifier"),
    [
        ("gate", "'gate'", '"gate"'),
        ("'; DROP DATABASE x --", "'\\'; DROP DATABASE x --'", '"\'; DROP DATABASE x --"'),
        ('a"b\\', "'a\"b\\\\'", '"a\\"b\\\\"'),
        ("a\nb", "'a\\nb'", '"a\\nb"'),
    ],
)
def test_texts_are_quoted(text: str, literal: str, identifier: str) -> None:
    assert (literal, identifier) == (quoted(text), named(text))


def test_a_query_becomes_one_statement() -> None:
    filters = (TagFilter(Tag.NODE, ("a", "b'")), TagFilter(Tag.NAME, ("flow",)))
    query = SeriesQuery("flow", 1_000, 61_000, Aggregate.MEAN, 60, filters, (Tag.CLASS, Tag.NAME))
    assert points_influxql(query, WHOLE) == (
        'SELECT mean("value") AS "value", count("value") AS "rows" FROM "flow" WHERE time >= 1000000000 AND'
        " time < 61000000000"
        ' AND ("node" = \'a\' OR "node" = \'b\\\'\') GROUP BY time(60s), "class" fill(none)'
    )
    whole = SeriesQuery("flow", 1_000, 61_000, Aggregate.LAST, None)
    assert points_influxql(whole, WHOLE).endswith("time < 61000000000")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((), False),
        ((TagFilter(Tag.NODE, ()),), True),
        ((TagFilter(Tag.NAME, ("pm25",)),), True),
        ((TagFilter(Tag.NAME, ("pm25", "flow")),), False),
    ],
)
def test_filters_that_leave_nothing_are_seen(filters: tuple[TagFilter, ...], *, expected: bool) -> None:
    assert answers_nothing(SeriesQuery("flow", 0, 1, Aggregate.SUM, 60, filters)) is expected


def test_points_come_by_time_and_then_by_tags() -> None:
    query = SeriesQuery("flow", 500, 9_000, Aggregate.SUM, 1, group_by=(Tag.NAME, Tag.CLASS))
    answer = [
        Series("flow", {"class": "car"}, ("time", "value", "rows"), [[1_000_000_000, 2, 1], [0, 1.5, 2]]),
        Series("flow", {"class": ""}, ("time", "value", "rows"), [[1_000_000_000, 3.5, 1]]),
    ]
    assert [
        Point(0, ("flow", "car"), 1.5, 2),
        Point(1_000, ("flow", ""), 3.5, 1),
        Point(1_000, ("flow", "car"), 2.0, 1),
    ] == points_of(query, answer)


def test_slices_end_at_bucket_edges_and_grow() -> None:
    query = SeriesQuery("flow", 1_500, 100_000, Aggregate.SUM, 10)
    assert [
        Slice(1_500, 20_000),
        Slice(20_000, 60_000),
        Slice(60_000, 100_000),
    ] == list(slices_of(query, 2, 4))
    whole = SeriesQuery("flow", 1_500, 100_000, Aggregate.SUM, None)
    assert [Slice(1_500, 100_000)] == list(slices_of(whole, 2, 4))
