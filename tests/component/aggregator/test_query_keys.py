"""Keys of dashboard servers on both databases: whose sites they read, however many and however named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.audit.entry import AuditEntry
from aggregator.errors import UnauthenticatedError
from aggregator.identity.keys_repository import KeysRepository
from aggregator.identity.permissions import Permission
from aggregator.identity.scopes import READ
from aggregator.identity.tokens import digest
from aggregator.identity_parts import build_identity
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


def test_a_key_reads_the_sites_that_it_was_made_for(database_url: str, tmp_path: Path) -> None:
    engine = make_engine(database_url)
    upgrade(engine)
    people = build_identity(engine, tmp_path, lambda: NOW)
    repository = KeysRepository(engine, people.audit)
    for scopes, key in ((frozenset({READ}), "mt_reads"), (frozenset({"nodes:write"}), "mt_writes")):
        repository.add(
            name=key,
            hash_=digest(key),
            scopes=scopes,
            now=NOW,
            expires_at=None,
            created_by="",
            entry=lambda key_id: AuditEntry("system", "", "test", "key.made", f"key:{key_id}", NOW),
        )
    for sites in (MANY, frozenset({"*"}), frozenset({"a b", "site:*", "%2A"}), frozenset[str](), None):
        key = people.keys.make_query_key("dashboards", sites)
        found = people.identity.principal_of_key(key)
        assert found.sites == sites
        assert [each for each in Permission if found.may(each)] == [Permission.TIMESERIES_QUERY]
    assert people.identity.principal_of_key("mt_reads").sites is None
    assert not people.identity.principal_of_key("mt_writes").may(Permission.TIMESERIES_QUERY)
    with pytest.raises(UnauthenticatedError):
        people.identity.principal_of_key("mt_unknown")
    engine.dispose()
