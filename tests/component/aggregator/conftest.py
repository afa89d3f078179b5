"""One real server a module on SQLite, and one on PostgreSQL where the SQL differs."""

from collections.abc import Iterator

import httpx
import pytest
from servers.aggregator import AggregatorServer
from servers.postgres import PostgresServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path_factory.mktemp("aggregator")) as started:
        yield started


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def any_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AggregatorServer]:
    url = ""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        url = postgres.create_database(f"api_{tmp_path_factory.mktemp('name').name}")
    with AggregatorServer(tmp_path_factory.mktemp("aggregator"), database_url=url) as started:
        yield started


@pytest.fixture
def api(server: AggregatorServer) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def any_api(any_server: AggregatorServer) -> Iterator[httpx.Client]:
    with any_server.client() as client:
        yield client
