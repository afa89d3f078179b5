"""The table of API keys, for who makes and revokes them. Each method is one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Row, insert, select, update
from uuid6 import uuid7

from aggregator.audit.entry import AuditEntry
from aggregator.audit.log import AuditLog
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.identity_tables import api_keys


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it is listed; nothing here lets anybody in."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeysRepository:
    """Reads and writes keys."""

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self._engine = engine
        self._audit = audit

    def add(
        self,
        *,
        name: str,
        hash_: bytes,
        scopes: frozenset[str],
        now: datetime,
        expires_at: datetime | None,
        created_by: str,
        entry: Callable[[str], AuditEntry],
    ) -> StoredKey:
        """Store a key by its digest; `entry` makes the audit log's line from the new id."""
        key_id = str(uuid7())
        with writing(self._engine) as connection:
            connection.execute(
                insert(api_keys).values(
                    id=key_id,
                    name=name,
                    hash=hash_,
                    scopes=" ".join(sorted(scopes)),
                    created_at_ms=to_ms(now),
                    created_by=created_by,
                    expires_at_ms=None if expires_at is None else to_ms(expires_at),
                )
            )
            self._audit.append(connection, entry(key_id))
            return _stored(connection.execute(select(api_keys).where(api_keys.c.id == key_id)).one())

    def get(self, key_id: str) -> StoredKey | None:
        """One key, also a revoked one."""
        with reading(self._engine) as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).one_or_none()
        return None if row is None else _stored(row)

    def page(self, *, after: str, limit: int) -> list[StoredKey]:
        """Keys by id, which is the order of their making, after an id."""
        query = select(api_keys).where(api_keys.c.id > after).order_by(api_keys.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [_stored(row) for row in connection.execute(query)]

    def revoke(self, key_id: str, now: datetime, entry: AuditEntry) -> bool:
        """Make a key stop working; False when there was none in force."""
        with writing(self._engine) as connection:
            done = connection.execute(
                update(api_keys)
                .where(api_keys.c.id == key_id, api_keys.c.revoked_at_ms.is_(None))
                .values(revoked_at_ms=to_ms(now))
            )
            if done.rowcount:
                self._audit.append(connection, entry)
            return done.rowcount > 0


def _stored(row: Row[tuple[object, ...]]) -> StoredKey:
    return StoredKey(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        created_at=from_ms(row.created_at_ms),
        created_by=row.created_by,
        expires_at=None if row.expires_at_ms is None else from_ms(row.expires_at_ms),
        last_used_at=None if row.last_used_at_ms is None else from_ms(row.last_used_at_ms),
        revoked_at=None if row.revoked_at_ms is None else from_ms(row.revoked_at_ms),
    )
