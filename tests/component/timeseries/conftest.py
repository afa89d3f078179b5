"""The time-series stores, each over its real server."""

import dataclasses
import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders.timeseries import OpenStore, duckdb, influx_v1
from influxdb_client.client.influxdb_client import InfluxDBClient
from servers.influxdb import InfluxServer
from servers.victoria_metrics import VictoriaMetricsServer

from aggregator.storage.timeseries.influx_http import InfluxHttp
from aggregator.storage.timeseries.influx_store import InfluxStore
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.storage.timeseries.store import SeriesStore

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """One InfluxDB 1.x for the whole run; every test has a database of its own."""
    with InfluxServer(tmp_path_factory.mktemp("influxdb")) as server:
        yield server


@pytest.fixture
def victoria_metrics(tmp_path: Path) -> Iterator[VictoriaMetricsServer]:
    """A VictoriaMetrics of this test alone."""
    with VictoriaMetricsServer(tmp_path / "victoria") as server:
        yield server


NAMED = ["influx-named"] if "INFLUX_URL" in os.environ else []
"""The server that `make influx-check` names: an InfluxDB 2.x or 3.x."""


@pytest.fixture(scope="session")
def named_bucket() -> Iterator[Callable[[], InfluxTarget]]:
    """Makes empty buckets on the server that INFLUX_URL names, and removes them at the end.

    INFLUX_TOKEN must be allowed to; the buckets' names begin with INFLUX_BUCKET. An InfluxDB 3.x makes its
    databases at the first write.
    """
    flavour = Flavour(os.environ.get("INFLUX_FLAVOUR", "v2"))
    place = InfluxTarget(
        os.environ["INFLUX_URL"].rstrip("/"),
        flavour,
        os.environ["INFLUX_BUCKET"],
        org=os.environ.get("INFLUX_ORG", ""),
        token=os.environ["INFLUX_TOKEN"],
    )
    with InfluxDBClient(url=place.url, token=place.token, org=place.org) as client:
        buckets, made = client.buckets_api(), []

        def make() -> InfluxTarget:
            name = f"{place.database}-{uuid.uuid4().hex[:12]}"
            if flavour is Flavour.V2:
                made.append(buckets.create_bucket(bucket_name=name, org=place.org))
            return dataclasses.replace(place, database=name)

        yield make
        for bucket in made:
            buckets.delete_bucket(bucket)


@pytest.fixture(params=["duckdb", "influx-v1", *NAMED])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the store of this test, on each backend in turn; what is open at the end is closed."""
    opened: list[SeriesStore] = []
    database = f"test-{next(_numbers)}"
    named = request.getfixturevalue("named_bucket")() if request.param == "influx-named" else None

    def open_it() -> SeriesStore:
        if request.param == "duckdb":
            opened.append(duckdb(tmp_path))
        elif named is not None:
            opened.append(InfluxStore(InfluxHttp(named)))
        else:
            opened.append(influx_v1(request.getfixturevalue("influx_server"), database))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()
