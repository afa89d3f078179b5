"""Tables of identity: API keys, people, sessions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update
from uuid6 import uuid7

from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.identity_tables import (
    api_keys,
    console_sessions,
    console_users,
    user_grants,
)

_ids = msgspec.json.Decoder(tuple[str, ...])


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that is in force."""

    id: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person who may sign in."""

    id: str
    name: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A signed-in console; `csrf` is what its changes must carry."""

    user_id: str
    user_name: str
    expires_at: datetime
    csrf: str = ""
    language: str = "vi"
    grants: tuple[Grant, ...] = ()


class IdentityRepository:
    """Reads and writes them; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def key(self, hash_: bytes, now: datetime) -> KeyRecord | None:
        """The key with this digest, unless it was revoked or has expired."""
        query = select(api_keys.c.id, api_keys.c.name, api_keys.c.scopes).where(
            api_keys.c.hash == hash_,
            api_keys.c.revoked_at_ms.is_(None),
            or_(api_keys.c.expires_at_ms.is_(None), api_keys.c.expires_at_ms > to_ms(now)),
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else KeyRecord(row.id, row.name, frozenset(row.scopes.split()))

    def count_keys(self) -> int:
        """How many keys there ever were."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(api_keys)).scalar_one())

    def add_key(self, *, name: str, hash_: bytes, scopes: frozenset[str], now: datetime) -> None:
        """Store a key by its digest."""
        with writing(self._engine) as connection:
            connection.execute(
                insert(api_keys).values(
                    id=str(uuid7()),
                    name=name,
                    hash=hash_,
                    scopes=" ".join(sorted(scopes)),
                    created_at_ms=to_ms(now),
                )
            )

    def user(self, name: str) -> UserRecord | None:
        """The person of this name, unless disabled."""
        query = select(console_users.c.id, console_users.c.name, console_users.c.password_hash).where(
            console_users.c.name == name, console_users.c.disabled.is_(False)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else UserRecord(row.id, row.name, row.password_hash)

    def count_users(self) -> int:
        """How many people there are."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(console_users)).scalar_one())

    def add_user(self, *, name: str, password_hash: str, grants: Iterable[Grant], now: datetime) -> str:
        """Store a person with their grants; gives the id."""
        user_id = str(uuid7())
        with writing(self._engine) as connection:
            connection.execute(
                insert(console_users).values(
                    id=user_id, name=name, password_hash=password_hash, created_at_ms=to_ms(now)
                )
            )
            write_grants(connection, user_id, grants)
        return user_id

    def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Replace a password's hash and end the person's sessions."""
        with writing(self._engine) as connection:
            connection.execute(
                update(console_users).where(console_users.c.id == user_id).values(password_hash=password_hash)
            )
            connection.execute(delete(console_sessions).where(console_sessions.c.user_id == user_id))

    def session(self, hash_: bytes, now: datetime) -> SessionRecord | None:
        """The session with this digest, unless it has expired or its person is disabled."""
        query = (
            select(
                console_sessions.c.user_id,
                console_users.c.name,
                console_users.c.language,
                console_sessions.c.expires_at_ms,
                console_sessions.c.csrf,
            )
            .join(console_users, console_users.c.id == console_sessions.c.user_id)
            .where(
                console_sessions.c.hash == hash_,
                console_sessions.c.expires_at_ms > to_ms(now),
                console_users.c.disabled.is_(False),
            )
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            grants = _grants_of(connection, row.user_id)
        return SessionRecord(
            row.user_id, row.name, from_ms(row.expires_at_ms), row.csrf, row.language, grants
        )

    def add_session(
        self, *, hash_: bytes, user_id: str, csrf: str, now: datetime, expires_at: datetime
    ) -> None:
        """Store a session and drop those that have expired."""
        with writing(self._engine) as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.expires_at_ms <= to_ms(now)))
            connection.execute(
                insert(console_sessions).values(
                    hash=hash_,
                    user_id=user_id,
                    created_at_ms=to_ms(now),
                    seen_at_ms=to_ms(now),
                    expires_at_ms=to_ms(expires_at),
                    csrf=csrf,
                )
            )

    def end_session(self, hash_: bytes) -> None:
        """Forget a session."""
        with writing(self._engine) as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.hash == hash_))


def write_grants(connection: Connection, user_id: str, grants: Iterable[Grant]) -> None:
    """Replace a person's grants."""
    connection.execute(delete(user_grants).where(user_grants.c.user_id == user_id))
    for grant in grants:
        connection.execute(
            insert(user_grants).values(
                id=str(uuid7()),
                user_id=user_id,
                role=grant.role.value,
                areas=_written(grant.areas),
                agencies=_written(grant.agencies),
                extra=_written(frozenset(each.value for each in grant.extra)),
            )
        )


def _grants_of(connection: Connection, user_id: str) -> tuple[Grant, ...]:
    query = select(user_grants).where(user_grants.c.user_id == user_id).order_by(user_grants.c.id)
    return tuple(
        Grant(
            Role(row.role),
            _read(row.areas),
            _read(row.agencies),
            frozenset(Permission(each) for each in _read(row.extra) or ()),
        )
        for row in connection.execute(query)
    )


def _written(ids: frozenset[str] | None) -> str | None:
    return None if ids is None else msgspec.json.encode(sorted(ids)).decode()


def _read(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(_ids.decode(text))
