"""What ends a query over DuckDB, and what InfluxDB's answers become."""

# ruff: noqa: S608  queries of tests

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders.influxql_queries import T0_MS, rows
from builders.timeseries import duckdb

from aggregator.errors import ConfigError, StoreError
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influxql.evaluate import Caps
from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.refusals import QueryRefusedError, TooMuchError
from aggregator.storage.timeseries.influxql.series import Answer
from aggregator.storage.timeseries.influxql.syntax import Select
from aggregator.storage.timeseries.influxql_backend import (
    CONCURRENT,
    DuckDbBackend,
    InfluxBackend,
    InfluxqlBackend,
    backend_of,
)
from aggregator.storage.timeseries.store import StreamRows, TimeSeriesStore

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDbStore]:
    opened = duckdb(tmp_path_factory.mktemp("backend"))
    for number, part in enumerate(rows(1)):
        opened.write((StreamRows(part.node, f"{number:016x}", part.rows, site=part.site),))
    yield opened
    opened.close()


def ask(backend: InfluxqlBackend, text: str) -> Answer:
    select = parse(text)
    assert isinstance(select, Select)
    return backend.answer(select, NOW)


def test_a_query_past_its_time_is_ended_and_the_next_one_served(store: DuckDbStore) -> None:
    columns = ", ".join(f"percentile(value, {number})" for number in range(100))
    heavy = f"SELECT {columns} FROM flow GROUP BY node, source, class, direction, zone_or_line"
    hurried = DuckDbBackend(store.snapshot, limit_s=0.01)
    with pytest.raises(TooMuchError, match="query-timeout limit exceeded"):
        ask(hurried, heavy)
    assert ask(DuckDbBackend(store.snapshot), "SELECT count(value) FROM flow").series


def test_only_so_many_queries_run_at_once() -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    class Waiting:
        """A snapshot that is only given once `leave` is set."""

        def __enter__(self) -> None:
            entered.release()
            leave.wait(30)
            raise StoreError("enough")

        def __exit__(self, *_: object) -> None:
            raise AssertionError

    backend = DuckDbBackend(Waiting, limit_s=0.2)  # type: ignore[arg-type]  it gives no snapshot
    threads = [threading.Thread(target=_refused, args=(backend,)) for _ in range(CONCURRENT)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert entered.acquire(timeout=10)
    with pytest.raises(StoreError, match="queries run already"):
        ask(backend, "SELECT value FROM flow")
    leave.set()
    for thread in threads:
        thread.join()


def _refused(backend: DuckDbBackend) -> None:
    with pytest.raises(StoreError, match="enough"):
        ask(backend, "SELECT value FROM flow")


def test_a_bad_regex_is_the_askers_fault(store: DuckDbStore) -> None:
    with pytest.raises(QueryRefusedError, match="error parsing regexp"):
        ask(DuckDbBackend(store.snapshot), "SELECT value FROM flow WHERE node =~ /a(/")


def test_answers_keep_to_their_caps(store: DuckDbStore) -> None:
    backend = DuckDbBackend(store.snapshot, caps=Caps(buckets=100, rows=10))
    cut = ask(backend, "SELECT value FROM flow")
    assert (cut.partial, sum(len(one.rows) for one in cut.series)) == (True, 10)
    with pytest.raises(TooMuchError, match="over 10 points"):
        ask(backend, f"SELECT sum(value) FROM flow WHERE time > {T0_MS}ms GROUP BY node, source")
    with pytest.raises(TooMuchError, match="max-select-buckets"):
        ask(backend, f"SELECT sum(value) FROM flow WHERE time > {T0_MS}ms GROUP BY time(1m)")
    with pytest.raises(TooMuchError, match="max-select-buckets"):
        ask(backend, "SELECT sum(value) FROM flow GROUP BY time(1h)")
    few = DuckDbBackend(store.snapshot, caps=Caps(cells=1000))
    with pytest.raises(TooMuchError, match="over 1000 values"):
        ask(
            few,
            f"SELECT sum(n), max(n) FROM flow WHERE time > {T0_MS}ms GROUP BY time(1d), node, source, class",
        )


def test_influxdb_is_asked_in_text_written_anew() -> None:
    asked: list[str] = []

    def answer(text: str) -> bytes:
        asked.append(text)
        series = {"name": "flow", "columns": ["time", "sum"], "values": [[5, 1.5], [6, None]]}
        return json.dumps({"results": [{"statement_id": 0, "series": [series], "partial": True}]}).encode()

    found = ask(InfluxBackend(answer), "select   sum(value) from flow -- a remark")
    assert asked == ['SELECT sum("value") FROM "flow"']
    assert found.partial
    assert [tuple(row) for row in found.series[0].rows] == [(5, 1.5), (6, None)]


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        (b'{"results":[{"statement_id":0,"error":"timeout"}]}', QueryRefusedError, "timeout"),
        (b'{"error":"unable to parse"}', QueryRefusedError, "unable to parse"),
        (b"<html>bad gateway</html>", StoreError, "not JSON"),
        (b'{"results":[{"series":[{"columns":5}]}]}', StoreError, "not JSON of its kind"),
    ],
)
def test_what_influxdb_says_against_a_query_is_told(said: bytes, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        ask(InfluxBackend(lambda _text: said), "SELECT value FROM flow")


def test_a_store_decides_who_answers(store: DuckDbStore, tmp_path: Path) -> None:
    class Influx:
        """What the InfluxDB store offers for queries."""

        def influxql(self, text: str) -> bytes:
            return text.encode()

    assert isinstance(backend_of(store), DuckDbBackend)
    influx: TimeSeriesStore = Influx()  # type: ignore[assignment]  the part that matters here
    assert isinstance(backend_of(influx), InfluxBackend)
    with pytest.raises(ConfigError, match="has no InfluxQL"):
        backend_of(tmp_path)  # type: ignore[arg-type]  no store at all
