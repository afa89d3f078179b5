# ruff: noqa: S608  queries of tests

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.refusals import (
    SyntaxRefusedError,
    TooMuchError,
    UnsupportedError,
)
from aggregator.storage.timeseries.influxql.syntax import Compare, Condition, Every, Ref, Select
from aggregator.storage.timeseries.influxql.windows import (
    MAX_NS,
    MIN_NS,
    Range,
    Windows,
    capped,
    moved,
    ns_of,
    range_of,
    split,
    windows_of,
    zone_of,
)

NOW = datetime(2026, 11, 20, 8, 0, 0, tzinfo=UTC)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
S = 1_000_000_000
HOUR = 3600 * S


def where(text: str) -> Condition | None:
    found = parse(f"SELECT v FROM m WHERE {text}")
    assert isinstance(found, Select)
    return found.where


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time >= 5 AND time <= 9", Range(5, 9)),
        ("time > 5 AND time < 9", Range(6, 8)),
        ("time = 5", Range(5, 5)),
        ("time > 5 AND time > 7 AND a = 'x'", Range(8, MAX_NS)),
        ("a = 'x'", Range(MIN_NS, MAX_NS)),
        ("time > now() - 1s", Range(ns_of(NOW) - S + 1, MAX_NS)),
        ("time < '2026-11-20'", Range(MIN_NS, ns_of(datetime(2026, 11, 19, 17, tzinfo=UTC)) - 1)),
        ("time >= '2026-11-20T08:00:00.25Z'", Range(ns_of(NOW) + S // 4, MAX_NS)),
        ("time >= '2026-11-20T15:00:00+07:00'", Range(ns_of(NOW), MAX_NS)),
        ("time >= '2026-11-20 15:00:00.000000001'", Range(ns_of(NOW) + 1, MAX_NS)),
        ("time >= 9000000000000000000 + 9000000000s", Range(MAX_NS, MAX_NS)),
    ],
)
def test_bounds_leave_a_range(text: str, expected: Range) -> None:
    bounds, _ = split(where(text))
    assert range_of(bounds, now=NOW, zone=HANOI, bucketed=False) == expected


def test_a_bucketed_query_ends_now() -> None:
    assert range_of((), now=NOW, zone=UTC, bucketed=True) == Range(MIN_NS, ns_of(NOW))


def test_what_is_no_time_is_left() -> None:
    bounds, rest = split(where("(time > 5 AND a = 'x') AND time < 9"))
    assert (len(bounds), rest) == (2, Compare(Ref("a"), "=", "x"))


@pytest.mark.parametrize("text", ["time > 5 OR a = 'x'", "a = 'x' AND (b = 'y' OR time > 5)"])
def test_a_time_inside_or_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedError, match="inside OR"):
        split(where(text))


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-11-20T25:00:00Z", "2026-11-20T08:00", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    bounds, _ = split(where(f"time > '{text}'"))
    with pytest.raises(SyntaxRefusedError, match="invalid timestamp string"):
        range_of(bounds, now=NOW, zone=UTC, bucketed=False)


@pytest.mark.parametrize(
    ("every", "zone", "at", "expected"),
    [
        (Every(HOUR), UTC, 5 * HOUR + 7, 5 * HOUR),
        (Every(HOUR, 600 * S), UTC, 5 * HOUR + 7, 4 * HOUR + 600 * S),
        (Every(HOUR, -600 * S), UTC, 5 * HOUR + 7, 5 * HOUR - 600 * S),
        (Every(24 * HOUR), HANOI, 240_000 * HOUR + 18 * HOUR, 240_000 * HOUR + 17 * HOUR),
        (Every(HOUR), UTC, -7, -HOUR),
    ],
)
def test_buckets_begin_where_influxdb_lets_them(every: Every, zone: ZoneInfo, at: int, expected: int) -> None:
    assert windows_of(every, Range(at, at), zone).start(at) == expected


def test_buckets_of_a_range_are_those_that_it_touches() -> None:
    windows = Windows(10, 3)
    assert list(windows.starts(Range(5, 24))) == [3, 13, 23]
    assert list(windows.starts(Range(5, 24), descending=True)) == [23, 13, 3]
    assert windows.count(Range(5, 24)) == 3


def test_a_change_of_the_clock_in_the_range_is_refused() -> None:
    summer = Range(ns_of(datetime(2026, 3, 1, tzinfo=UTC)), ns_of(datetime(2026, 5, 1, tzinfo=UTC)))
    with pytest.raises(UnsupportedError, match="change of the clock"):
        windows_of(Every(HOUR), summer, ZoneInfo("Europe/Paris"))


def test_too_many_buckets_are_refused() -> None:
    capped(Range(0, 99), Windows(10, 0), 10)
    capped(Range(MIN_NS, 99), Windows(10, 0), 10)
    with pytest.raises(TooMuchError, match=r"\(11/10\)"):
        capped(Range(0, 100), Windows(10, 0), 10)


def test_a_range_without_a_start_stays_so_when_it_is_moved() -> None:
    assert moved(Range(MIN_NS, 5), start_ns=3) == Range(MIN_NS, 5)
    assert moved(Range(5, 9), start_ns=3, end_ns=2) == Range(2, 11)


@pytest.mark.parametrize("name", ["Asia/Nowhere", "../../etc/passwd", "/etc/passwd", "Asia\x00"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(SyntaxRefusedError, match="unable to find time zone"):
        zone_of(name)
    assert zone_of("") is UTC
