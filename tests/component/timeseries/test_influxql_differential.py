"""The same questions over DuckDB and to a real InfluxDB 1.6.7 on the same data: equal answers.

Equal is: series, tags, columns, times and their order; numbers to 1e-9. The exceptions:

- A lone percentile without buckets has the time of its point. Among equal values, InfluxDB takes any
  (its sort is not stable), here it is the earliest: the time is not compared.
- A percentile below half a point picks none. InfluxDB 1.x then ends the whole series there, here the
  bucket is empty: the family asks for percentiles from 50 up.
- OFFSET without LIMIT is refused here: InfluxDB answers with one row, whatever there is.
- SLIMIT and SOFFSET count here the series that have points in the range, in InfluxDB those that the
  touched shards know: compared where all have points.
- Raw points of one time come in any order from InfluxDB: the family asks one node at a time for them,
  whose points never share one.
- SHOW MEASUREMENTS WHERE asks in InfluxDB whether a measurement has the value at all, here whether it
  has points that fulfil the whole condition: the family asks for one value.
- fill without GROUP BY time and time(0s) are nothing to InfluxDB; time(0s) is refused here.
- A time in a SHOW statement counts whole shards in InfluxDB and points here: not in the family.
"""

# ruff: noqa: S608  queries of tests

import json
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from builders.influxql_panels import panel_queries
from builders.influxql_queries import HOURS, T0_MS, queries, rows
from builders.timeseries import duckdb, influx_v1
from servers.influxdb import InfluxServer

from aggregator.query.service import DATABASE, QueryService
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influx_store import InfluxStore
from aggregator.storage.timeseries.influxql.refusals import QueryRefusedError
from aggregator.storage.timeseries.influxql.scope import EVERYWHERE, SiteScope
from aggregator.storage.timeseries.influxql.series import Answer
from aggregator.storage.timeseries.influxql_backend import DuckDbBackend, InfluxBackend
from aggregator.storage.timeseries.store import EventPoint, StreamRows
from fleet.wire.measurements import load_catalogue
from fleet.wire.messages import Event, MeasurementRow

SEED = 4
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KINDS = ("intruded", "loitered", "crowd_formed", "red_light_run", "camera_offline", "wrong_way")


class Both:
    """The same points in both stores, and the ways to ask for them."""

    def __init__(self, duck: DuckDbStore, influx: InfluxStore, server: InfluxServer, database: str) -> None:
        self.duck = QueryService(DuckDbBackend(duck.snapshot), lambda: NOW)
        self.influx = QueryService(InfluxBackend(influx.influxql), lambda: NOW)
        self._client = httpx.Client(base_url=server.url, params={"db": database, "epoch": "ns"})

    def told_by_influxdb(self, text: str) -> list[Any]:
        """InfluxDB's answer to the text itself."""
        found: Any = self._client.get("/query", params={"q": text}).json()
        (result,) = found["results"]
        assert "error" not in result, f"{text}: {result}"
        return [
            (one.get("name", ""), one.get("tags", {}), one["columns"], one["values"])
            for one in result.get("series", ())
        ]

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def refused_by_influxdb(self, text: str) -> str:
        """What InfluxDB says against a text; empty when it answers it."""
        found: Any = self._client.get("/query", params={"q": text}).json()
        return str(found.get("error") or found["results"][0].get("error", ""))


@pytest.fixture(scope="module")
def both(influx_server: InfluxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Points of two hours are rolled up, of the others raw."""
    duck = duckdb(tmp_path_factory.mktemp("differential"))
    influx = influx_v1(influx_server, "differential")
    batch = tuple(
        StreamRows(part.node, f"{number:016x}", part.rows, site=part.site)
        for number, part in enumerate(rows(SEED))
    )
    city = (_every_measurement(random.Random(SEED)),)
    for store in (duck, influx):
        store.write(batch)
        store.write(city)
        store.write_events(_events(random.Random(SEED)))
    while duck.refresh(60) > 300:
        pass
    asked = Both(duck, influx, influx_server, "differential")
    yield asked
    asked.close()
    duck.close()
    influx.close()


def _every_measurement(rand: random.Random) -> StreamRows:
    made = [
        MeasurementRow(
            seq=seq,
            start_ms=T0_MS + rand.randrange(HOURS * 3_600_000),
            period_s=60.0,
            name=name,
            source=rand.choice(["a", "b", "c"]),
            zone_or_line=rand.choice(["gate", ""]),
            class_name=rand.choice(["person", "car", ""]),
            direction=rand.choice(["forward", "backward"]),
            value=rand.choice([rand.uniform(0, 80), 0.0, 1.0]),
            n=1,
            quality=0,
        )
        for seq, name in enumerate(sorted(load_catalogue()) * 25, 1_001)
    ]
    return StreamRows("a", "ff" * 8, tuple(made), site="health-1")


def _events(rand: random.Random) -> list[EventPoint]:
    return [
        EventPoint(
            number,
            rand.choice(["a", "n-1"]),
            "ff" * 8,
            rand.choice(["health-1", "a", ""]),
            Event(
                seq=number,
                occurred_at_ms=T0_MS + rand.randrange(HOURS * 3_600_000),
                clock=0,
                kind=rand.choice(KINDS),
                rule="r",
                camera=rand.choice(["a", "c"]),
                zone_or_line=rand.choice(["gate", ""]),
                class_name="person",
                track_id=1,
                score_e3=rand.randrange(1000),
                direction="",
                duration_s=rand.uniform(0, 100),
                box_e4=None,
                model="m",
            ),
        )
        for number in range(1, 300)
    ]


def _answered(service: QueryService, text: str, scope: SiteScope = EVERYWHERE) -> Any:
    answer = service.answer(text, {}, scope, database=DATABASE, policy="")
    return _plain(answer)


def _plain(answer: Answer) -> list[tuple[str, dict[str, str], list[str], list[list[Any]]]]:
    return [
        (one.name, dict(one.tags), list(one.columns), [list(row) for row in one.rows])
        for one in answer.series
    ]


def _difference(text: str, ours: Any, theirs: Any) -> str:
    """Where two answers part; empty where they do not."""
    if [one[:3] for one in ours] != [one[:3] for one in theirs]:
        return f"{text}\n  series {[one[:3] for one in ours]}\n  expected {[one[:3] for one in theirs]}"
    timeless = text.startswith("SELECT percentile") and "time(" not in text
    for mine, his in zip(ours, theirs, strict=True):
        if len(mine[3]) != len(his[3]):
            return f"{text}\n  {len(mine[3])} rows, expected {len(his[3])} in {mine[:2]}"
        for row, expected in zip(mine[3], his[3], strict=True):
            cells = list(zip(row, expected, strict=True))[1 if timeless else 0 :]
            if not all(_same(cell, other) for cell, other in cells):
                return f"{text}\n  {row}, expected {expected} in {mine[:2]}"
    return ""


def _same(cell: Any, other: Any) -> bool:
    if isinstance(cell, float) or isinstance(other, float):
        numbers = isinstance(cell, int | float) and isinstance(other, int | float)
        return numbers and math.isclose(cell, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(cell == other)


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_family_of_queries_is_answered_as_influxdb_answers_it(both: Both, seed: int) -> None:
    differences, told = [], 0
    for text in queries(seed, 40):
        theirs = both.told_by_influxdb(text)
        told += bool(theirs)
        for service in (both.duck, both.influx):
            difference = _difference(text, _answered(service, text), theirs)
            if difference:
                differences.append(difference)
    assert differences == []
    assert told > 12, "too few of the queries found anything to be worth a comparison"


@pytest.mark.parametrize(("chosen", "bucket"), [("(a|b|n-1|health-1)", "5m"), (".*", "1h"), ("a", "1m")])
def test_every_panel_and_variable_is_answered_as_influxdb_answers_it(
    both: Both, chosen: str, bucket: str
) -> None:
    texts = panel_queries(T0_MS + 1_234, T0_MS + HOURS * 3_600_000, chosen, bucket)
    answers = [(text, _answered(both.duck, text), both.told_by_influxdb(text)) for text in texts]
    assert [found for text, ours, theirs in answers if (found := _difference(text, ours, theirs))] == []
    assert len(texts) > 50
    assert sum(bool(ours) for _, ours, _ in answers) > len(texts) / 3


SHIFTED = f"time >= {T0_MS}ms AND time < {T0_MS + HOURS * 3_600_000}ms"
WHOLE = f"SELECT mean(value) FROM flow WHERE {SHIFTED}"


@pytest.mark.parametrize(
    "text",
    [
        f"{WHOLE} GROUP BY time(1h), node SLIMIT 2",
        f"{WHOLE} GROUP BY time(1h), node SLIMIT 2 SOFFSET 1",
        f"{WHOLE} GROUP BY time(1h), node ORDER BY time DESC SLIMIT 2",
        f"{WHOLE} GROUP BY *",
        f"{WHOLE} GROUP BY time(2h), * fill(none) LIMIT 1",
        "SELECT mean(value) FROM flow GROUP BY site",
        "SELECT count(value), sum(n) FROM flow",
        "SELECT last(value) FROM flow",
        f"SELECT sum(value) FROM flow WHERE time >= {T0_MS}ms GROUP BY time(30d)",
        "SELECT cumulative_sum(value) FROM flow WHERE node = 'n-2'",
        "SELECT difference(n) FROM flow WHERE node = 'n-3' ORDER BY time DESC LIMIT 7",
        "SELECT derivative(value, 1m) * 2, difference(value) FROM flow WHERE node = 'n-3' GROUP BY source",
        "SELECT moving_average(value, 4) FROM flow WHERE node = 'n-1' GROUP BY site LIMIT 9",
        f"SELECT sum(count), max(duration_s), mean(score) FROM events WHERE {SHIFTED} GROUP BY kind",
        f"SELECT sum(count), max(duration_s) FROM events WHERE {SHIFTED} GROUP BY time(1h), kind",
        "SELECT count, score FROM events WHERE kind = 'loitered' AND source = 'a' AND node = 'a'",
        "SELECT mean(nothing) FROM flow",
        "SELECT mean(value) FROM nothing",
        "SELECT mean(node) FROM flow",
        "SHOW MEASUREMENTS LIMIT 3 OFFSET 2",
        "SHOW FIELD KEYS FROM events",
        "SHOW TAG VALUES FROM events WITH KEY = kind WHERE site = 'a'",
        "SHOW SERIES FROM events",
        "SHOW TAG KEYS FROM events LIMIT 2",
    ],
)
def test_what_the_family_does_not_draw_is_answered_alike(both: Both, text: str) -> None:
    theirs = both.told_by_influxdb(text)
    for service in (both.duck, both.influx):
        assert _difference(text, _answered(service, text), theirs) == ""


@pytest.mark.parametrize(
    "text",
    [
        "SELECT mean(value), node FROM flow",
        "SELECT derivative(mean(value)) FROM flow",
        "SELECT value FROM flow GROUP BY time(1m)",
        "SELECT percentile(value) FROM flow",
        "SELECT distinct(value), mean(value) FROM flow",
        "SELECT value FROM flow WHERE time > 'yesterday'",
        "SELECT value FROM flow tz('Asia/Nowhere')",
    ],
)
def test_what_influxdb_refuses_is_refused_here_too(both: Both, text: str) -> None:
    with pytest.raises(QueryRefusedError):
        _answered(both.duck, text)
    found = both.refused_by_influxdb(text)
    assert found, f"InfluxDB answers {text}"


@pytest.mark.parametrize(
    "sites", [frozenset({"hai-chau"}), frozenset({"thanh-khe", "sơn trà"}), frozenset[str]()]
)
def test_a_scope_hides_the_same_over_both_stores(both: Both, sites: set[str]) -> None:
    scope = SiteScope(frozenset(sites))
    family = [text for text in queries(99, 40) if not text.startswith("SHOW MEASUREMENTS")]
    for text in [*family, "SHOW TAG VALUES WITH KEY IN (site, node)", "SHOW SERIES"]:
        ours = _answered(both.duck, text, scope)
        assert _difference(text, ours, _answered(both.influx, text, scope)) == ""
        if not text.startswith("SHOW FIELD KEYS"):
            told = json.dumps([one[1:] for one in ours], ensure_ascii=False)
            assert [site for site in {"hai-chau", "thanh-khe", "sơn trà"} - sites if site in told] == []
