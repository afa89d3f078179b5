"""Roll-ups, retention, compaction and back-up of the embedded store while it is written to and read."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders.ingest import row
from builders.timeseries import HOUR, MINUTE, T0, city, duckdb, near, part, points_of_events, queries

from aggregator.errors import StoreError
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.duckdb_upkeep import REFRESH_S, Upkeep
from aggregator.storage.timeseries.store import NS_PER_MS, Aggregate, SeriesQuery, StreamRows

NOW = datetime.fromtimestamp(T0 / 1000, tz=UTC) + timedelta(days=30)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    """The store of this test."""
    made = duckdb(tmp_path)
    yield made
    made.close()


def rows_of(store: DuckDbStore, sql: str) -> list[tuple[object, ...]]:
    with store.snapshot() as snapshot:
        return snapshot.rows(sql)


def test_answers_are_the_same_before_during_and_after_the_roll_up(store: DuckDbStore) -> None:
    batch = city(11, 4, 30)
    store.write(batch[:3])
    asked = queries(11, 120)
    before = [store.query(query) for query in asked]
    for most in (10, 200, 100_000):
        store.refresh(most)
        assert all(near(found, store.query(query)) for found, query in zip(before, asked, strict=True))
    assert rows_of(store, "SELECT count(*) FROM dirty") == [(0,)]
    store.write(batch[3:])
    late = [store.query(query) for query in asked]
    assert late != before
    store.refresh(100_000)
    assert all(near(found, store.query(query)) for found, query in zip(late, asked, strict=True))


def partials(store: DuckDbStore, query: SeriesQuery) -> int:
    """How many partial aggregates answer the query."""
    with store.snapshot() as snapshot:
        relation = snapshot.partials(
            query.name, query.start_ms * NS_PER_MS, query.end_ms * NS_PER_MS, step_s=3600
        )
        return int(snapshot.rows(f"SELECT count(*) FROM {relation}")[0][0])  # noqa: S608  made by us


def test_clean_hours_are_read_from_the_roll_up_and_dirty_ones_are_not(store: DuckDbStore) -> None:
    store.write((part(*range(1, 200), start_ms=T0), part(500, start_ms=T0 + 2 * HOUR)))
    store.refresh(100)
    day = SeriesQuery("flow", T0 - 24 * HOUR, T0 + 24 * HOUR, Aggregate.COUNT, 86_400)
    assert partials(store, day) == 2
    store.write((part(501, start_ms=T0 + 1),))
    assert partials(store, day) == 201
    assert sum(point.value for point in store.query(day)) == 201


def test_rows_that_are_written_while_a_minute_is_rolled_up_are_never_missed(store: DuckDbStore) -> None:
    done = threading.Event()
    troubles: list[str] = []

    def refresh() -> None:
        while not done.is_set():
            store.refresh(5)

    def read() -> None:
        query = SeriesQuery("flow", T0, T0 + 10 * MINUTE, Aggregate.COUNT, None)
        last = 0.0
        while not done.is_set():
            found = sum(point.value for point in store.query(query))
            if found < last:
                troubles.append(f"{found} after {last}")
            last = found

    threads = [threading.Thread(target=refresh), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for first in range(1, 1_501, 10):
        rows = tuple(row(seq, start_ms=T0 + seq % 10 * MINUTE) for seq in range(first, first + 10))
        store.write((StreamRows("n-1", "00" * 8, rows),))
    done.set()
    for thread in threads:
        thread.join()
    store.refresh(100)
    counted = store.query(SeriesQuery("flow", T0, T0 + 10 * MINUTE, Aggregate.COUNT, 60))
    assert [point.value for point in counted] == [150.0] * 10
    assert not troubles


def test_a_dirty_minute_is_known_after_a_restart(store: DuckDbStore, tmp_path: Path) -> None:
    store.write((part(1, 2, start_ms=T0),))
    store.close()
    again = duckdb(tmp_path)
    assert again.refresh(10) == 1
    assert again.refresh(10) == 0
    again.close()


def test_a_store_of_wide_rows_is_made_narrow_and_its_minutes_are_due(
    store: DuckDbStore, tmp_path: Path
) -> None:
    store.write((part(1, start_ms=T0), part(2, start_ms=T0 + MINUTE)))
    store.refresh(10)
    connection = store._file.connection
    for statement in (
        "CREATE TABLE wide AS SELECT * FROM measurements",
        "DROP VIEW measurements",
        "DROP TABLE samples",
        "DROP TABLE series",
        "ALTER TABLE wide RENAME TO measurements",
    ):
        connection.execute(statement).fetchall()
    before = rows_of(store, "SELECT * FROM measurements ORDER BY ALL")
    store.close()
    again = duckdb(tmp_path)
    assert before == rows_of(again, "SELECT * FROM measurements ORDER BY ALL")
    assert again.write((part(1, start_ms=T0), part(3, start_ms=T0))).stored == 1
    assert again.refresh(10) == 2
    query = SeriesQuery("flow", T0, T0 + HOUR, Aggregate.SUM, 3600)
    assert [point.value for point in again.query(query)] == [6.0]
    again.close()


def test_each_measurement_is_kept_as_long_as_its_retention_says(store: DuckDbStore) -> None:
    for days in (1, 10, 29):
        start = T0 + days * 24 * HOUR
        store.write(
            tuple(
                part(days * 10 + index, start_ms=start, name=name)
                for index, name in enumerate(("flow", "pm25", "rain"))
            )
        )
    store.refresh(100)
    upkeep = Upkeep(store, {"flow": 5, "default": 22, "rain": 0, "events": 1}, lambda: NOW)
    store.write_events(points_of_events(1))
    upkeep.sweep()
    found = rows_of(store, "SELECT name, count(*) FROM measurements GROUP BY name ORDER BY name")
    assert found == [("flow", 1), ("pm25", 2), ("rain", 3)]
    rolled = rows_of(
        store, "SELECT name, sum(rows) FROM rollup_1h JOIN series ON id = series GROUP BY name ORDER BY name"
    )
    assert rolled == [("flow", 1), ("pm25", 2), ("rain", 3)]
    assert rows_of(store, "SELECT count(*) FROM events") == [(0,)]
    assert store.write((part(290, start_ms=T0 + 29 * 24 * HOUR),)).stored == 0


def test_upkeep_runs_by_itself_and_well_within_a_minute(store: DuckDbStore) -> None:
    assert REFRESH_S * 2 < 60
    store.write((part(1, start_ms=T0),))
    upkeep = Upkeep(store, {}, lambda: NOW)
    upkeep.start()
    deadline = threading.Event()
    for _ in range(200):
        if rows_of(store, "SELECT count(*) FROM dirty") == [(0,)]:
            break
        deadline.wait(0.05)
    upkeep.stop()
    assert rows_of(store, "SELECT rows FROM rollup_1h") == [(1,)]


def test_compaction_gives_room_back_while_others_read_and_write(store: DuckDbStore, tmp_path: Path) -> None:
    for name in ("flow", "pm25"):
        rows = tuple(row(seq, name=name, value=seq * 1.1) for seq in range(1, 60_001))
        store.write((StreamRows(name, "00" * 8, rows),))
    store.refresh(1_000_000)
    store.expire("pm25", T0 + 10_000 * 24 * HOUR)
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(sum(found.rows for found in store.counts("flow")))

    reader = threading.Thread(target=read)
    reader.start()
    store._file.connection.execute("CHECKPOINT").fetchall()
    before = (tmp_path / "timeseries.duckdb").stat().st_size
    store.compact()
    store.write((part(60_001, node="flow"),))
    done.set()
    reader.join()
    assert (tmp_path / "timeseries.duckdb").stat().st_size < before * 0.75
    assert set(seen) <= {60_000, 60_001}
    assert [found.rows for found in store.counts()] == [60_001]
    assert store.write((part(1, 60_001, node="flow"),)).stored == 0


def test_a_back_up_taken_while_the_store_is_written_to_is_one_state_of_it(
    store: DuckDbStore, tmp_path: Path
) -> None:
    (tmp_path / "copy").mkdir()
    done = threading.Event()
    written = [0]

    def write() -> None:
        first = 1
        while not done.is_set():
            store.write((part(*range(first, first + 50)), part(*range(first, first + 50), node="n-2")))
            written[0], first = first + 49, first + 50

    writer = threading.Thread(target=write)
    writer.start()
    while written[0] < 500:
        done.wait(0.01)
    at_least = written[0]
    store.back_up(tmp_path / "copy" / "timeseries.duckdb")
    at_most = written[0] + 50
    done.set()
    writer.join()
    copy = duckdb(tmp_path / "copy")
    one, two = copy.counts()
    assert (one.rows % 50, one.repeated, two.rows) == (0, 0, one.rows)
    assert at_least <= one.rows <= at_most
    assert copy.write((part(*range(1, 501)),)).stored == 0
    copy.close()
    with pytest.raises(StoreError, match="never replaces"):
        store.back_up(tmp_path / "copy" / "timeseries.duckdb")
