"""What InfluxDB alone does: refused lines, time away, kill -9, and answers equal to the embedded store's."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from builders.timeseries import (
    HOUR,
    IMPATIENT,
    T0,
    city,
    duckdb,
    influx_v1,
    near,
    part,
    points_of_events,
    queries,
)
from servers.influxdb import InfluxServer
from servers.victoria_metrics import VictoriaMetricsServer

from aggregator.errors import StoreError
from aggregator.storage.timeseries.influx_http import InfluxHttp
from aggregator.storage.timeseries.influx_store import InfluxStore
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.storage.timeseries.refusals import RowsRefusedError


def test_every_query_answers_as_the_embedded_store_does_while_it_rolls_up(
    influx_server: InfluxServer, tmp_path: Path
) -> None:
    embedded, influx = duckdb(tmp_path), influx_v1(influx_server, "equal")
    batch = city(3, 4, 6)
    differing = []
    for step in range(3):
        for store in (embedded, influx):
            store.write(batch[step : step + 2])
        for most in (0, 40, 10_000)[: step + 1]:
            embedded.refresh(most)
            differing += [
                query for query in queries(step, 80) if not near(embedded.query(query), influx.query(query))
            ]
    assert embedded.counts() == influx.counts()
    assert not differing
    embedded.close()
    influx.close()


def test_a_database_is_made_with_shards_of_a_year_and_one_that_is_there_keeps_its_own(
    influx_server: InfluxServer,
) -> None:
    influx_server.ask('CREATE DATABASE "theirs" WITH SHARD DURATION 30d')
    shards = {}
    for database in ("made", "theirs"):
        for _ in range(2):  # the second start finds what the first made
            store = influx_v1(influx_server, database)
            store.write((part(1),))
            assert [found.rows for found in store.counts()] == [1]
            store.close()
        answer: Any = influx_server.ask(f'SHOW RETENTION POLICIES ON "{database}"')
        shards[database] = [row[2] for row in answer["results"][0]["series"][0]["values"]]
    assert shards == {"made": ["8736h0m0s"], "theirs": ["720h0m0s"]}


def test_a_field_type_conflict_names_measurement_field_and_line_and_the_rest_is_stored(
    influx_server: InfluxServer,
) -> None:
    store = influx_v1(influx_server, "conflict")
    store.check()
    influx_server.write("conflict", f"pm25,node=x value=1i {T0}000000")
    with pytest.raises(RowsRefusedError) as caught:
        store.write((part(*range(1, 40)), part(50, 51, name="pm25"), part(*range(60, 70), node="n-2")))
    assert [row.seq for row in caught.value.rows] == [50, 51]
    told = caught.value.rows[0].detail
    assert "measurement 'pm25', field 'value': it is integer in InfluxDB and float in the row" in told
    line = "pm25,class=person,direction=forward,node=n-1,source=cam-01,zone_or_line=gate value=50.0,n=3i"
    assert f"line: {line}" in told
    assert {found.node: found.rows for found in store.counts()} == {"n-1": 39, "n-2": 10}
    store.close()


def test_rows_older_than_the_servers_retention_are_refused_in_one_go(influx_server: InfluxServer) -> None:
    store = influx_v1(influx_server, "short")
    store.check()
    influx_server.ask('CREATE RETENTION POLICY "hour" ON "short" DURATION 1h REPLICATION 1 DEFAULT')
    old = part(*range(1, 3_001), start_ms=T0 - 1_000_000 * HOUR // 1_000)
    with pytest.raises(RowsRefusedError, match=r"3000 rows.*beyond retention"):
        store.write((old,))
    store.close()


def test_a_server_that_is_away_holds_the_write_and_takes_it_later(tmp_path: Path) -> None:
    with InfluxServer(tmp_path) as server:
        store = influx_v1(server, "away")
        store.write((part(1, 2),))
        server.kill9()
        for _ in range(3):
            with pytest.raises(StoreError, match="does not take rows"):
                store.write((part(3),))
        with pytest.raises(StoreError):
            store.check()
        server.start()
        store.write((part(3),))
        assert [found.rows for found in store.counts()] == [3]
        store.close()


def test_a_store_may_be_opened_before_its_server(tmp_path: Path) -> None:
    server = InfluxServer(tmp_path)
    store = influx_v1(server, "early")
    with pytest.raises(StoreError):
        store.write((part(1),))
    with server:
        store.write((part(1),))
        assert [found.rows for found in store.counts()] == [1]
        store.close()


def test_a_wrong_password_holds_the_rows_and_says_what_to_check(tmp_path: Path) -> None:
    with InfluxServer(tmp_path, auth=True) as server:
        server.ask("CREATE USER root WITH PASSWORD 'right' WITH ALL PRIVILEGES")
        for password, works in (("wrong", False), ("right", True)):
            target = InfluxTarget(server.url, Flavour.V1, "mt", user="root", password=password)
            store = InfluxStore(InfluxHttp(target, patience=IMPATIENT))
            if works:
                assert store.write((part(1),)).stored == 1
            else:
                with pytest.raises(StoreError, match="check the token, or user and password"):
                    store.write((part(1),))
            store.close()


def test_a_retention_policy_that_is_not_there_is_the_set_up_s_fault(influx_server: InfluxServer) -> None:
    target = InfluxTarget(influx_server.url, Flavour.V1, "policy", retention_policy="none")
    store = InfluxStore(InfluxHttp(target, patience=IMPATIENT))
    with pytest.raises(StoreError, match="retention_policy"):
        store.write((part(1),))
    store.close()


_WRITER = """
import sys
from builders.timeseries import part
from aggregator.storage.timeseries.influx_http import InfluxHttp, Patience
from aggregator.storage.timeseries.influx_store import InfluxStore
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.errors import StoreError
store = InfluxStore(InfluxHttp(InfluxTarget(sys.argv[1], Flavour.V1, "killed"), patience=Patience(tries=1)))
first = 1
while True:
    try:
        store.write((part(*range(first, first + 100)),))
    except StoreError:
        continue
    print(first + 99, flush=True)
    first += 100
"""


def test_what_was_acknowledged_survives_kill9_of_the_server_in_mid_write(tmp_path: Path) -> None:
    with InfluxServer(tmp_path) as server:
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, server.url],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        with writer:
            assert writer.stdout is not None
            acknowledged = 0
            for _ in range(3):
                for _ in range(30):
                    acknowledged = int(writer.stdout.readline())
                server.kill9()
                server.start()
            acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *[int(line) for line in writer.stdout.read().split()]])
        store = influx_v1(server, "killed")
        (found,) = store.counts()
        store.close()
    assert found.repeated == 0
    assert acknowledged <= found.rows <= acknowledged + 100


def test_the_v2_write_api_of_victoria_metrics_takes_rows_and_a_replay_changes_nothing(
    victoria_metrics: VictoriaMetricsServer,
) -> None:
    target = InfluxTarget(victoria_metrics.url, Flavour.V2, "city", org="ubnd", token="none")
    store = InfluxStore(InfluxHttp(target, patience=IMPATIENT))
    batch = (part(*range(1, 301)), part(*range(1, 51), node="n-2", class_name=""))
    store.write(batch)
    store.write_events(points_of_events(1, 2))
    before = victoria_metrics.export('{__name__=~"flow_value|events_count"}')
    assert {
        (str(series["metric"]["__name__"]), series["metric"]["node"]): len(series["values"])
        for series in before
    } == {("flow_value", "n-1"): 300, ("flow_value", "n-2"): 50, ("events_count", "n-1"): 2}
    for _ in range(3):
        store.write(batch)
        store.write_events(points_of_events(1, 2))
    assert sorted(before, key=str) == sorted(
        victoria_metrics.export('{__name__=~"flow_value|events_count"}'), key=str
    )
    store.close()
