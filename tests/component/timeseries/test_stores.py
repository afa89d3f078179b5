"""What every store does, on each of them."""

import threading

import pytest
from builders.timeseries import (
    HOUR,
    MINUTE,
    T0,
    OpenStore,
    city,
    part,
    points_of_events,
    queries,
)

from aggregator.storage.seq_ranges import SeqRanges
from aggregator.storage.timeseries.refusals import RowsRefusedError
from aggregator.storage.timeseries.store import (
    Aggregate,
    Point,
    SeriesQuery,
    SeriesStore,
    StreamCount,
    StreamRows,
    Tag,
    TagFilter,
)


def counted(store: SeriesStore) -> list[tuple[str, int, int]]:
    return [(found.node, found.rows, found.repeated) for found in store.counts()]


def everything(store: SeriesStore) -> list[object]:
    """Answers of many queries, and the account."""
    return [*(store.query(query) for query in queries(7, 60)), store.counts()]


def test_replaying_any_batch_in_any_order_changes_no_answer(open_store: OpenStore) -> None:
    store = open_store()
    batch = city(1, 3, 5)
    store.write(batch)
    before = everything(store)
    assert any(before[:-1])
    for again in (batch, batch[:1], batch[::-1], *[(one,) for one in batch]):
        store.write(again)
    halves = tuple(StreamRows(one.node, one.stream, one.rows[100:200], site=one.site) for one in batch)
    store.write(halves)
    assert before == everything(store)
    store.close()
    reopened = open_store()
    reopened.write(batch)
    assert before == everything(reopened)


def test_rows_come_in_any_order_and_in_parts(open_store: OpenStore) -> None:
    store = open_store()
    for seqs in ((5, 6), (1, 2), (2, 3, 5), (9,)):
        store.write((part(*seqs),))
    assert counted(store) == [("n-1", 6, 0)]


def test_what_is_settled_is_not_written_again(open_store: OpenStore) -> None:
    store = open_store()
    result = store.write((part(3, 7, 8, 20, settled=SeqRanges(5, ((8, 9),))),))
    assert (result.stored, result.repeated) == (2, 2)
    assert counted(store) == [("n-1", 2, 0)]


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        (Aggregate.SUM, [(0, 6.0), (1, 9.0)]),
        (Aggregate.MEAN, [(0, 2.0), (1, 4.5)]),
        (Aggregate.MAX, [(0, 3.0), (1, 5.0)]),
        (Aggregate.MIN, [(0, 1.0), (1, 4.0)]),
        (Aggregate.LAST, [(0, 3.0), (1, 5.0)]),
        (Aggregate.COUNT, [(0, 3.0), (1, 2.0)]),
    ],
)
def test_values_join_in_buckets(
    open_store: OpenStore, aggregate: Aggregate, expected: list[tuple[int, float]]
) -> None:
    store = open_store()
    starts = {1: 0, 2: 10_000, 3: 59_999, 4: 60_000, 5: 119_999, 6: 120_000}
    store.write(tuple(part(seq, start_ms=T0 + start) for seq, start in starts.items()))
    points = store.query(SeriesQuery("flow", T0, T0 + 2 * MINUTE, aggregate, 60))
    assert [(T0 + minute * MINUTE, value) for minute, value in expected] == [
        (point.start_ms, point.value) for point in points
    ]


def test_points_are_filtered_grouped_and_limited(open_store: OpenStore) -> None:
    store = open_store()
    kinds = [("car", "in"), ("car", "out"), ("bus", "in"), ("bus", "in")]
    for seq, (kind, direction) in enumerate(kinds, 1):
        store.write((part(seq, start_ms=T0, class_name=kind, direction=direction),))
    query = SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, group_by=(Tag.CLASS, Tag.DIRECTION))
    expected = (
        Point(T0, ("bus", "in"), 7.0, 2),
        Point(T0, ("car", "in"), 1.0, 1),
        Point(T0, ("car", "out"), 2.0, 1),
    )
    assert expected == store.query(query)
    wanted = (TagFilter(Tag.CLASS, ("bus", "'; DROP TABLE measurements; --")), TagFilter(Tag.NODE, ("n-1",)))
    assert (Point(T0, (), 7.0, 2),) == store.query(
        SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, wanted)
    )
    for nothing in (TagFilter(Tag.CLASS, ()), TagFilter(Tag.NAME, ("pm25",))):
        assert store.query(SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, (nothing,))) == ()
    limited = SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, group_by=(Tag.NAME, Tag.CLASS), limit=1)
    assert [point.tags for point in store.query(limited)] == [("flow", "bus")]


def test_an_empty_tag_is_found_and_told_as_empty(open_store: OpenStore) -> None:
    store = open_store()
    store.write((part(1, start_ms=T0, zone_or_line=""), part(2, start_ms=T0, zone_or_line="gate")))
    query = SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, group_by=(Tag.ZONE_OR_LINE,))
    assert (Point(T0, ("",), 1.0, 1), Point(T0, ("gate",), 2.0, 1)) == store.query(query)
    empty = (TagFilter(Tag.ZONE_OR_LINE, ("",)),)
    assert (Point(T0, (), 1.0, 1),) == store.query(
        SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, empty)
    )


def test_a_limit_over_a_long_range_gives_the_earliest_points(open_store: OpenStore) -> None:
    store = open_store()
    store.write(tuple(part(seq, start_ms=T0 + seq * HOUR) for seq in range(1, 300, 7)))
    query = SeriesQuery("flow", T0, T0 + 400 * HOUR, Aggregate.SUM, 60, limit=3)
    assert [point.value for point in store.query(query)] == [1.0, 8.0, 15.0]


def test_rows_of_two_nodes_at_one_instant_are_two(open_store: OpenStore) -> None:
    store = open_store()
    store.write((part(1, start_ms=T0), part(1, start_ms=T0, node="n-2"), part(2, start_ms=T0)))
    assert counted(store) == [("n-1", 2, 0), ("n-2", 1, 0)]
    assert (StreamCount("n-2", "00" * 8, 1, 0),) == store.counts("n-2")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "events"},
        {"name": "#flow"},
        {"name": ""},
        {"name": "flow\\"},
        {"zone_or_line": "gate\n"},
        {"source": "cam\\"},
    ],
)
def test_a_row_that_cannot_be_written_is_named_and_the_rest_is_taken(
    open_store: OpenStore, fields: dict[str, str]
) -> None:
    store = open_store()
    with pytest.raises(RowsRefusedError) as caught:
        store.write((part(1, 2), part(7, node="n-2", **fields)))
    assert [(bad.node, bad.seq) for bad in caught.value.rows] == [("n-2", 7)]
    store.write((part(1, 2),))
    assert counted(store) == [("n-1", 2, 0)]


def test_rows_are_read_while_others_are_written(open_store: OpenStore) -> None:
    store = open_store()
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(sum(found.rows for found in store.counts()))

    reader = threading.Thread(target=read)
    reader.start()
    for first in range(1, 1_001, 50):
        store.write((part(*range(first, first + 50)),))
    done.set()
    reader.join()
    assert ([("n-1", 1_000, 0)], sorted(seen)) == (counted(store), seen)


def test_events_are_projected_once_and_can_be_forgotten(open_store: OpenStore) -> None:
    store = open_store()
    assert store.last_event_id() == 0
    store.write((part(1),))
    store.write_events(points_of_events(1, 2, 3))
    store.write_events(points_of_events(2, 3, 4))
    assert store.last_event_id() == 4
    assert counted(store) == [("n-1", 1, 0)]
    store.forget_events()
    assert store.last_event_id() == 0
    store.write_events(points_of_events(1))
    assert store.last_event_id() == 1
    store.check()
