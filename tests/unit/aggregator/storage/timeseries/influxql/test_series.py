"""From text to series over a real DuckDB in memory: what the pure parts give together."""

# ruff: noqa: S608  queries of tests

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from aggregator.storage.timeseries.duckdb_schema import SCHEMA, partials_sql
from aggregator.storage.timeseries.influxql.duckdb_sql import Partials, Scan
from aggregator.storage.timeseries.influxql.evaluate import Caps, evaluate
from aggregator.storage.timeseries.influxql.listing import listed
from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.series import Answer
from aggregator.storage.timeseries.influxql.show_sql import EverySeries, ListScan, list_scans
from aggregator.storage.timeseries.influxql.syntax import Select, ShowDatabases, ShowRetentionPolicies
from aggregator.storage.timeseries.rollup_cover import Cover

NOW = datetime(2026, 11, 20, tzinfo=UTC)
S = 1_000_000_000
POINTS = [(60, "a", 1.0, 3), (61, "a", 2.0, 4), (130, "b", 5.0, 1), (250, "", 7.0, 0)]


@pytest.fixture(scope="module")
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        for at, site, value, n in POINTS:
            series = [at, "flow", site, "n-1", "cam", "", "", "", "ab"]
            connection.execute(f"INSERT INTO series VALUES ({', '.join('?' * 9)})", series)
            sample = [at * S, at, value, n, 0, 60.0, n]
            connection.execute(f"INSERT INTO samples VALUES ({', '.join('?' * 7)})", sample)
        event = [90 * S, "a", "n-1", "cam", "loitered", "r", "", "", "", 1, 2.5, 0.5, "ab", 1, 1]
        connection.execute(f"INSERT INTO events VALUES ({', '.join('?' * 15)})", event)
        yield connection


def asked(tables: duckdb.DuckDBPyConnection, text: str, caps: Caps = Caps()) -> Answer:  # noqa: B008  frozen
    def fetch(scan: Scan) -> list[Any]:
        relation = scan.relation
        if isinstance(relation, Partials):
            within = (max(0, relation.start_ns), min(2**62, relation.end_ns))
            sql = partials_sql(relation.measurement, Cover(raw=(within,)))
        else:
            sql = relation.name
        return tables.execute(scan.head + sql + scan.tail, list(scan.parameters)).fetchall()

    tree = parse(text)
    if isinstance(tree, Select):
        return evaluate(tree, now=NOW, caps=caps, fetch=fetch)
    assert not isinstance(tree, ShowDatabases | ShowRetentionPolicies)
    scans = list_scans(tree, now=NOW, most_rows=caps.rows)
    found = [(scan, _listed(tables, scan)) for scan in scans]
    return listed(tree, found, caps.rows)


def _listed(tables: duckdb.DuckDBPyConnection, scan: ListScan) -> list[Any]:
    sql = f"WITH points AS (SELECT * FROM {scan.schema.table}) {scan.sql}"
    return tables.execute(sql, list(scan.parameters)).fetchall()


def rows_of(answer: Answer) -> list[tuple[dict[str, str], list[tuple[Any, ...]]]]:
    return [(dict(one.tags), [tuple(row) for row in one.rows]) for one in answer.series]


WITHIN = "time >= 0 AND time < 300s"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"SELECT mean(value), count(n) FROM flow WHERE {WITHIN} GROUP BY time(2m), site",
            [
                ({"site": ""}, [(0, None, 0), (120, None, 0), (240, 7.0, 1)]),
                ({"site": "a"}, [(0, 1.5, 2), (120, None, 0), (240, None, 0)]),
                ({"site": "b"}, [(0, None, 0), (120, 5.0, 1), (240, None, 0)]),
            ],
        ),
        (
            (
                f"SELECT mean(value) FROM flow WHERE {WITHIN} GROUP BY time(2m) fill(none)"
                " ORDER BY time DESC LIMIT 2"
            ),
            [({}, [(240, 7.0), (120, 5.0)])],
        ),
        (
            (
                f"SELECT mean(value) FROM flow WHERE {WITHIN} GROUP BY site"
                " ORDER BY time DESC SLIMIT 2 SOFFSET 1"
            ),
            [({"site": "b"}, [(0, 5.0)]), ({"site": "a"}, [(0, 1.5)])],
        ),
        ("SELECT min(value) FROM flow", [({}, [(60, 1.0)])]),
        ("SELECT last(value) * 2 FROM flow GROUP BY nothing", [({"nothing": ""}, [(250, 14.0)])]),
        ("SELECT first(n), last(n) FROM flow", [({}, [(0, 3, 0)])]),
        ("SELECT stddev(value) FROM flow GROUP BY site SLIMIT 1", [({"site": ""}, [(0, None)])]),
        ("SELECT percentile(value, 50) FROM flow", [({}, [(61, 2.0)])]),
        ("SELECT percentile(value, 1) FROM flow", []),
        ("SELECT sum(value) / sum(n) FROM flow GROUP BY site SLIMIT 1", [({"site": ""}, [(0, 0.0)])]),
        ("SELECT value, site FROM flow LIMIT 2 OFFSET 2", [({}, [(130, 5.0, "b"), (250, 7.0, None)])]),
        ("SELECT value + n FROM flow WHERE site = 'a'", [({}, [(60, 4.0), (61, 6.0)])]),
        ("SELECT distinct(n) FROM flow WHERE n > 2", [({}, [(0, 3), (0, 4)])]),
        ("SELECT difference(value) FROM flow LIMIT 1", [({}, [(61, 1.0)])]),
        (
            f"SELECT difference(sum(value)) FROM flow WHERE {WITHIN} GROUP BY time(1m) fill(0)",
            [({}, [(0, 0.0), (60, 3.0), (120, 2.0), (180, -5.0), (240, 7.0)])],
        ),
        (
            "SELECT sum(count), max(duration_s) FROM events GROUP BY kind",
            [({"kind": "loitered"}, [(0, 1, 2.5)])],
        ),
    ],
)
def test_a_query_gives_its_series(
    tables: duckdb.DuckDBPyConnection, text: str, expected: list[tuple[dict[str, str], list[tuple[Any, ...]]]]
) -> None:
    found = [(tags, [(row[0] // S, *row[1:]) for row in rows]) for tags, rows in rows_of(asked(tables, text))]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SHOW MEASUREMENTS", [("measurements", [("events",), ("flow",)])]),
        ("SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)EV/", [("measurements", [("events",)])]),
        ("SHOW MEASUREMENTS WHERE time > 200s", [("measurements", [("flow",)])]),
        ("SHOW TAG KEYS FROM flow", [("flow", [("node",), ("site",), ("source",)])]),
        ("SHOW TAG VALUES FROM flow WITH KEY = site", [("flow", [("site", "a"), ("site", "b")])]),
        ("SHOW TAG VALUES WITH KEY =~ /^k/", [("events", [("kind", "loitered")])]),
        ("SHOW TAG VALUES WITH KEY = nothing", []),
        ("SHOW FIELD KEYS FROM flow LIMIT 1", [("flow", [("n", "integer")])]),
        (
            "SHOW SERIES FROM flow LIMIT 1 OFFSET 1",
            [("", [("flow,node=n-1,site=b,source=cam",)])],
        ),
        ("SHOW MEASUREMENTS WITH MEASUREMENT = nothing", []),
    ],
)
def test_a_list_gives_its_series(
    tables: duckdb.DuckDBPyConnection, text: str, expected: list[tuple[str, list[tuple[str, ...]]]]
) -> None:
    answer = asked(tables, text)
    assert [(one.name, [tuple(row) for row in one.rows]) for one in answer.series] == expected


def test_rows_past_the_cap_are_cut_and_told(tables: duckdb.DuckDBPyConnection) -> None:
    answer = asked(tables, "SELECT value FROM flow", Caps(rows=3))
    assert (answer.partial, len(answer.series[0].rows)) == (True, 3)
    assert asked(tables, "SHOW SERIES", Caps(rows=1)).partial


@pytest.mark.parametrize(
    ("text", "rolled"),
    [
        ("SHOW MEASUREMENTS", True),
        ("SHOW TAG VALUES FROM flow WITH KEY = site WHERE node = 'a'", True),
        ("SHOW FIELD KEYS", True),
        ("SHOW SERIES WHERE time > now() - 1h", False),
        ("SHOW TAG KEYS WHERE quality < 2", False),
    ],
)
def test_lists_of_tags_alone_read_the_roll_ups(text: str, rolled: bool) -> None:  # noqa: FBT001  of the table
    tree = parse(text)
    assert not isinstance(tree, Select | ShowDatabases | ShowRetentionPolicies)
    relations = {scan.schema.table: scan.relation for scan in list_scans(tree, now=NOW, most_rows=9)}
    assert (relations["measurements"] == EverySeries()) is rolled
    assert relations["events"] != EverySeries()
