"""Keys of dashboard servers on both databases: whose sites they read, however many and however named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import ForbiddenError, UnauthenticatedError
from aggregator.identity.repository import IdentityRepository
from aggregator.identity.service import READ, IdentityService
from aggregator.identity.tokens import digest
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations.upgrade import upgrade

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MANY = frozenset(f"phường {number}, quận Sơn Trà" for number in range(60))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'keys.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_a_key_reads_the_sites_that_it_was_made_for(database_url: str) -> None:
    engine = make_engine(database_url)
    upgrade(engine)
    repository = IdentityRepository(engine)
    identity = IdentityService(repository, lambda: NOW)
    for scopes, key in ((frozenset({READ}), "mt_reads"), (frozenset({"nodes:write"}), "mt_writes")):
        repository.add_key(name=key, hash_=digest(key), scopes=scopes, now=NOW)
    for sites in (MANY, frozenset({"*"}), frozenset({"a b", "site:*", "%2A"}), frozenset[str](), None):
        key = identity.add_query_key("dashboards", sites)
        assert identity.sites_of(key) == sites
        with pytest.raises(ForbiddenError, match="lacks the scope 'read'"):
            identity.check_key(key, READ)
    assert identity.sites_of("mt_reads") is None
    with pytest.raises(ForbiddenError, match="lacks the scope 'query'"):
        identity.sites_of("mt_writes")
    with pytest.raises(UnauthenticatedError):
        identity.sites_of("mt_unknown")
    engine.dispose()
