"""Both databases, and a time-series store in a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders.ingest import Site
from sqlalchemy import Engine

from aggregator.ingest.committer import Committer
from aggregator.ingest.ledger import Ledger
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from fleet.wire.messages import NodeState


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test alone, on each kind of server in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'matthan.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine over the migrated database."""
    made = make_engine(database_url)
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[], DuckDbStore]]:
    """Opens the time-series store of this test; what is open at the end is closed."""
    opened: list[DuckDbStore] = []

    def open_it() -> DuckDbStore:
        opened.append(DuckDbStore(tmp_path / "timeseries.duckdb"))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def site(engine: Engine, open_store: Callable[[], DuckDbStore]) -> Site:
    """A server's stores."""
    store = open_store()
    states: list[tuple[str, NodeState]] = []
    committer = Committer(Ledger(engine), store, lambda noted, _at: states.extend(noted))
    return Site(engine, store, committer, states)
