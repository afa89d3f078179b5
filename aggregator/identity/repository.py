"""Who signs in and with what: reads of keys and sessions, and the writes of signing in and out.

Neighbours: `people_repository.py` and `keys_repository.py` are for who administers them. Each method is one
transaction, with its entry of the audit log inside.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update
from uuid6 import uuid7

from aggregator.audit.entry import AuditEntry
from aggregator.audit.log import AuditLog
from aggregator.errors import StoreError
from aggregator.identity.grants_rows import grants_of, write_grants
from aggregator.identity.principal import Grant
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.identity_tables import api_keys, console_sessions, console_users

_log = logging.getLogger(__name__)
_NOTED_EVERY: Final = timedelta(minutes=1)
"""How old the time of last use may be, so that reading is not writing."""
_AGENT: Final = 255


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that is in force."""

    id: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person who may sign in; `password_hash` is empty for who signs on elsewhere."""

    id: str
    name: str
    password_hash: str
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in that was counted before its password was looked at."""

    user: UserRecord
    locked: bool
    locked_now: bool


@dataclass(frozen=True, slots=True)
class NewSession:
    """What is stored of a session; `hash` is the digest of its cookie."""

    hash: bytes
    csrf: str
    created_at: datetime
    expires_at: datetime
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A signed-in console; `csrf` is what its changes must carry."""

    user_id: str
    user_name: str
    csrf: str
    language: str
    must_change: bool
    local: bool
    grants: tuple[Grant, ...]


class IdentityRepository:
    """Reads and writes them."""

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self._engine = engine
        self._audit = audit

    def key(self, hash_: bytes, now: datetime) -> KeyRecord | None:
        """The key with this digest, unless it was revoked or has expired; notes that it was used."""
        query = select(api_keys).where(
            api_keys.c.hash == hash_,
            api_keys.c.revoked_at_ms.is_(None),
            or_(api_keys.c.expires_at_ms.is_(None), api_keys.c.expires_at_ms > to_ms(now)),
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_used_at_ms is None or row.last_used_at_ms <= to_ms(now - _NOTED_EVERY):
            self._note_used(row.id, now)
        return KeyRecord(row.id, row.name, frozenset(row.scopes.split()))

    def count_keys(self) -> int:
        """How many keys there ever were."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(api_keys)).scalar_one())

    def count_users(self) -> int:
        """How many people there are."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(console_users)).scalar_one())

    def add_first_user(
        self, *, name: str, password_hash: str, grants: Iterable[Grant], now: datetime, entry: AuditEntry
    ) -> None:
        """Store the person of the first start, who must choose a password."""
        user_id = str(uuid7())
        with writing(self._engine) as connection:
            connection.execute(
                insert(console_users).values(
                    id=user_id,
                    name=name,
                    password_hash=password_hash,
                    must_change=True,
                    created_at_ms=to_ms(now),
                    changed_at_ms=to_ms(now),
                )
            )
            write_grants(connection, user_id, grants)
            self._audit.append(connection, entry)

    def user(self, name: str) -> UserRecord | None:
        """The person of this name, unless disabled."""
        with reading(self._engine) as connection:
            return _user(connection, name)

    def begin_attempt(
        self, name: str, now: datetime, *, most: int, lock: timedelta, locked_entry: AuditEntry
    ) -> Attempt | None:
        """Count an attempt before its password is looked at; None when nobody has this name.

        Counting first means that guesses that come at once cannot outrun the lock: of `most` that were
        counted none more is looked at, on however many servers.
        """
        with writing(self._engine) as connection:
            query = select(console_users.c.id, console_users.c.wrong, console_users.c.locked_until_ms).where(
                console_users.c.name == name, console_users.c.disabled.is_(False)
            )
            row = connection.execute(query.with_for_update()).one_or_none()
            user = _user(connection, name)
            if row is None or user is None:
                return None
            if row.locked_until_ms > to_ms(now):
                return Attempt(user, locked=True, locked_now=False)
            full = row.wrong + 1 > most
            changed = {"wrong": 0, "locked_until_ms": to_ms(now + lock)} if full else {"wrong": row.wrong + 1}
            connection.execute(update(console_users).where(console_users.c.id == row.id).values(**changed))
            if full:
                self._audit.append(connection, locked_entry)
            return Attempt(user, locked=full, locked_now=full)

    def refuse_attempt(self, entry: AuditEntry) -> None:
        """Note that an attempt's password was wrong."""
        self._audit.record(entry)

    def sign_in(
        self,
        user_id: str,
        session: NewSession,
        *,
        ended: bytes | None,
        rehashed: str | None,
        entry: AuditEntry,
    ) -> None:
        """Store a session, end the one it replaces, forget wrong passwords, drop expired sessions."""
        now_ms = to_ms(session.created_at)
        with writing(self._engine) as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.expires_at_ms <= now_ms))
            if ended is not None:
                connection.execute(delete(console_sessions).where(console_sessions.c.hash == ended))
            changed: dict[str, object] = {"wrong": 0, "locked_until_ms": 0, "signed_in_at_ms": now_ms}
            if rehashed is not None:
                changed["password_hash"] = rehashed
            connection.execute(update(console_users).where(console_users.c.id == user_id).values(**changed))
            add_session(connection, user_id, session)
            self._audit.append(connection, entry)

    def session(self, hash_: bytes, now: datetime, idle: timedelta) -> SessionRecord | None:
        """The session with this digest, unless it has expired, lain idle, or its person is disabled."""
        query = (
            select(
                console_sessions.c.user_id,
                console_sessions.c.csrf,
                console_sessions.c.seen_at_ms,
                console_users.c.name,
                console_users.c.language,
                console_users.c.must_change,
                console_users.c.password_hash,
            )
            .join(console_users, console_users.c.id == console_sessions.c.user_id)
            .where(
                console_sessions.c.hash == hash_,
                console_sessions.c.expires_at_ms > to_ms(now),
                console_sessions.c.seen_at_ms > to_ms(now - idle),
                console_sessions.c.csrf != "",
                console_users.c.disabled.is_(False),
            )
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            grants = grants_of(connection, row.user_id)
        if row.seen_at_ms <= to_ms(now - _NOTED_EVERY):
            self._note_seen(hash_, now)
        return SessionRecord(
            row.user_id,
            row.name,
            row.csrf,
            row.language,
            row.must_change,
            bool(row.password_hash),
            grants,
        )

    def end_session(self, hash_: bytes, entry: AuditEntry | None) -> None:
        """Forget a session; the entry is written when there was one."""
        with writing(self._engine) as connection:
            ended = connection.execute(delete(console_sessions).where(console_sessions.c.hash == hash_))
            if ended.rowcount and entry is not None:
                self._audit.append(connection, entry)

    def _note_used(self, key_id: str, now: datetime) -> None:
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    update(api_keys).where(api_keys.c.id == key_id).values(last_used_at_ms=to_ms(now))
                )
        except StoreError as error:  # who may read is not refused because a note could not be made
            _log.warning("cannot note that key %s was used: %s", key_id, error)

    def _note_seen(self, hash_: bytes, now: datetime) -> None:
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    update(console_sessions)
                    .where(console_sessions.c.hash == hash_)
                    .values(seen_at_ms=to_ms(now))
                )
        except StoreError as error:
            _log.warning("cannot note that a session was seen: %s", error)


def add_session(connection: Connection, user_id: str, session: NewSession) -> None:
    """Store a session in the caller's transaction."""
    connection.execute(
        insert(console_sessions).values(
            hash=session.hash,
            user_id=user_id,
            created_at_ms=to_ms(session.created_at),
            seen_at_ms=to_ms(session.created_at),
            expires_at_ms=to_ms(session.expires_at),
            csrf=session.csrf,
            address=session.address[:64],
            agent=session.agent[:_AGENT].replace("\x00", ""),
        )
    )


def _user(connection: Connection, name: str) -> UserRecord | None:
    query = select(
        console_users.c.id, console_users.c.name, console_users.c.password_hash, console_users.c.must_change
    ).where(console_users.c.name == name, console_users.c.disabled.is_(False))
    row = connection.execute(query).one_or_none()
    return None if row is None else UserRecord(row.id, row.name, row.password_hash, row.must_change)
