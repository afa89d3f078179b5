"""Session servers for component tests; conftest loads this module as a plugin."""

import itertools
from collections.abc import Iterator

import pytest
from servers.mosquitto import MosquittoServer
from servers.nats import NatsServer
from servers.postgres import PostgresServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run; take `postgres_url` for a database of one's own."""
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database of this test alone, as an SQLAlchemy URL; dropped afterwards."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """An embedded broker of this test alone (it starts in a tenth of a second)."""
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
def mosquitto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MosquittoServer]:
    """A mosquitto of this test alone."""
    with MosquittoServer(tmp_path_factory.mktemp("mosquitto")) as server:
        yield server


@pytest.fixture(params=["nats", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> NatsServer | MosquittoServer:
    """Each broker in turn, of this test alone."""
    server: NatsServer | MosquittoServer = request.getfixturevalue(f"{request.param}_server")
    return server
