"""The time-series stores, each over its real server."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders.timeseries import OpenStore, duckdb, influx_v1
from servers.influxdb import InfluxServer
from servers.victoria_metrics import VictoriaMetricsServer

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


@pytest.fixture(params=["duckdb", "influx-v1"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the store of this test, on each backend in turn; what is open at the end is closed."""
    opened: list[SeriesStore] = []
    database = f"test-{next(_numbers)}"

    def open_it() -> SeriesStore:
        if request.param == "duckdb":
            opened.append(duckdb(tmp_path))
        else:
            opened.append(influx_v1(request.getfixturevalue("influx_server"), database))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()
