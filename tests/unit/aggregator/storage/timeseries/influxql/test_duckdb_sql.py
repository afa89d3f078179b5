"""Statements: what they read, by which relation, and that no value of a query becomes text of theirs."""

# ruff: noqa: S608  queries of tests

from datetime import UTC, datetime

import pytest

from aggregator.storage.timeseries.influxql.duckdb_sql import Partials, Scan, Table
from aggregator.storage.timeseries.influxql.evaluate import Caps, evaluate
from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.refusals import TooMuchError, UnsupportedError
from aggregator.storage.timeseries.influxql.syntax import Select

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WITHIN = "time >= 3600s AND time < 7200s"


def scans(text: str, caps: Caps = Caps()) -> list[Scan]:  # noqa: B008  frozen
    select = parse(text)
    assert isinstance(select, Select)
    found: list[Scan] = []
    evaluate(select, now=NOW, caps=caps, fetch=lambda scan: found.append(scan) or [])
    return found


@pytest.mark.parametrize(
    ("text", "step_s"),
    [
        (f"SELECT sum(value) FROM flow WHERE {WITHIN} GROUP BY time(1h)", 3600),
        (f"SELECT mean(value) FROM flow WHERE {WITHIN} GROUP BY time(1d) tz('Asia/Ho_Chi_Minh')", 28_800),
        (f"SELECT max(value) FROM flow WHERE {WITHIN} GROUP BY time(1h, 10m)", 600),
        (f"SELECT last(value) FROM flow WHERE {WITHIN} GROUP BY time(90s)", 90),
        (f"SELECT count(value) FROM flow WHERE {WITHIN} GROUP BY time(250ms)", 0),
        (f"SELECT spread(value), first(value) FROM flow WHERE {WITHIN} GROUP BY node", 3600),
        (f"SELECT last(value) FROM flow WHERE {WITHIN} AND node =~ /x/", 3600),
    ],
)
def test_roll_ups_serve_what_they_can(text: str, step_s: int) -> None:
    (scan,) = scans(text, Caps(buckets=100_000))
    assert scan.relation == Partials("flow", 3_600_000_000_000, 7_200_000_000_000, step_s)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT median(value) FROM flow WHERE {WITHIN}",
        f"SELECT sum(n) FROM flow WHERE {WITHIN}",
        f"SELECT sum(value), sum(n) FROM flow WHERE {WITHIN}",
        f"SELECT sum(value) FROM flow WHERE {WITHIN} AND quality < 2",
        f"SELECT min(value) FROM flow WHERE {WITHIN}",
        f"SELECT value FROM flow WHERE {WITHIN}",
    ],
)
def test_raw_points_serve_the_rest(text: str) -> None:
    assert [scan.relation for scan in scans(text)] == [Table("measurements")]


def test_events_have_their_table() -> None:
    (scan,) = scans("SELECT sum(count) FROM events GROUP BY kind")
    assert scan.relation == Table("events")
    assert "name" not in scan.tail


def test_what_looks_back_is_read_from_a_bucket_earlier() -> None:
    text = f"SELECT sum(value), difference(sum(value)) FROM flow WHERE {WITHIN} GROUP BY time(10m)"
    assert [scan.within.start_ns // 10**9 for scan in scans(text)] == [3600, 3000]
    late = scans(f"{text} ORDER BY time DESC")
    assert [scan.within.end_ns // 10**9 for scan in late] == [7199, 7799]


EVIL = "x'; DROP TABLE measurements; --"


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT value FROM \"{EVIL}\" WHERE node = '{EVIL.replace(chr(39), chr(92) + chr(39))}'",
        f'SELECT mean(n) FROM "{EVIL}" WHERE node =~ /{EVIL}/ GROUP BY "{EVIL}"',
        f'SELECT mean(n) AS "{EVIL}" FROM flow WHERE node =~ /^({EVIL}|b)$/ AND "{EVIL}" = \'\'',
        f'SELECT median(value) FROM flow WHERE "{EVIL}"::field = 3 GROUP BY time(1m)',
    ],
)
def test_no_text_of_a_query_stands_in_a_statement(text: str) -> None:
    for scan in scans(text):
        assert "DROP" not in scan.head + scan.tail
        assert (scan.head + scan.tail).count("?") == len(scan.parameters)


@pytest.mark.parametrize(
    ("condition", "clause", "parameters"),
    [
        ("node = 'a'", '"node" = ?', ["a"]),
        ("node != ''", '"node" <> ?', [""]),
        ("node =~ /^(a|b)$/", '"node" IN (?, ?)', ["a", "b"]),
        ("node !~ /^(a|b)$/", '"node" NOT IN (?, ?)', ["a", "b"]),
        ("node =~ /a.b/", 'regexp_matches("node", ?)', ["a.b"]),
        ("node !~ /a.b/", 'NOT regexp_matches("node", ?)', ["a.b"]),
        ("node =~ /^(a|b)/", '(starts_with("node", ?) OR starts_with("node", ?))', ["a", "b"]),
        ("node !~ /^a/", 'NOT (starts_with("node", ?))', ["a"]),
        ("node =~ /.*/", "TRUE", []),
        ("node !~ /.*/", "FALSE", []),
        ("other = 'x'", "'' = ?", ["x"]),
        ("n >= 3", '"n" >= ?', [3]),
        ("n != 3", '"n" <> ?', [3]),
        ("other::field = 3", "FALSE", []),
        ("stream = 'ab'", '"stream" = ?', ["ab"]),
        ("node = 'a' OR n < 2", '("node" = ? OR "n" < ?)', ["a", 2]),
    ],
)
def test_conditions_become_clauses(condition: str, clause: str, parameters: list[object]) -> None:
    (scan,) = scans(f"SELECT value FROM flow WHERE {condition}")
    assert f"WHERE name = ? AND {clause} AND (" in scan.tail
    assert list(scan.parameters[1:-1]) == parameters


@pytest.mark.parametrize(
    ("condition", "told"),
    [("node = 3", "quote it"), ("n = 'x'", "is of type integer"), ("stream > 3", "is of type string")],
)
def test_values_of_the_wrong_type_are_refused(condition: str, told: str) -> None:
    with pytest.raises(UnsupportedError, match=told):
        scans(f"SELECT value FROM flow WHERE {condition}")


def test_an_empty_range_and_an_unknown_field_read_nothing() -> None:
    assert scans("SELECT value FROM flow WHERE time > 9 AND time < 5") == []
    assert scans("SELECT mean(nothing) FROM flow") == []


def test_too_many_buckets_and_points_are_refused() -> None:
    with pytest.raises(TooMuchError, match="max-select-buckets"):
        scans(f"SELECT sum(value) FROM flow WHERE {WITHIN} GROUP BY time(1s)", Caps(buckets=100))
    select = parse(f"SELECT sum(value) FROM flow WHERE {WITHIN} GROUP BY node")
    assert isinstance(select, Select)
    rows = [(str(number), 0, 1.0, 1) for number in range(6)]
    with pytest.raises(TooMuchError, match="over 5 points"):
        evaluate(select, now=NOW, caps=Caps(rows=5), fetch=lambda _scan: rows)
