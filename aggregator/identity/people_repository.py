"""The tables of people and their sessions, for who administers them and for the people themselves.

Each method is one transaction with its entry of the audit log inside. Invariant: somebody who may administer
everywhere always remains; a change that would leave nobody is refused in the transaction that finds out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from uuid6 import uuid7

from aggregator.audit.entry import AuditEntry
from aggregator.audit.log import AuditLog
from aggregator.errors import ConflictError, StoreRefusedError
from aggregator.identity.grants_rows import grants_of, write_grants
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant
from aggregator.identity.repository import NewSession, add_session
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.identity_tables import console_sessions, console_users, user_grants

_LAST_ADMIN: Final = (
    "nobody would be left who may administer everywhere: give another enabled person the role of an "
    "administrator without areas first"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as listed; `subject` is issuer and subject of single sign-on, empty for a local account."""

    id: str
    name: str
    display_name: str
    email: str
    language: str
    subject: str
    has_password: bool
    disabled: bool
    must_change: bool
    locked_until: datetime | None
    created_at: datetime
    signed_in_at: datetime | None
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be stored; `password_hash` is empty for who signs on elsewhere."""

    name: str
    display_name: str = ""
    email: str = ""
    language: str = "vi"
    password_hash: str = ""
    subject: str | None = None
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as listed; nothing here lets anybody in."""

    hash: bytes
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


class PeopleRepository:
    """Reads and writes people."""

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self._engine = engine
        self._audit = audit

    def add(self, wanted: NewPerson, now: datetime, entry: Callable[[str], AuditEntry]) -> Person:
        """Store a person; raises ConflictError when the name or the subject is taken."""
        user_id = str(uuid7())
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    insert(console_users).values(
                        id=user_id,
                        name=wanted.name,
                        display_name=wanted.display_name,
                        email=wanted.email,
                        language=wanted.language,
                        password_hash=wanted.password_hash,
                        subject=wanted.subject,
                        must_change=bool(wanted.password_hash),
                        created_at_ms=to_ms(now),
                        changed_at_ms=to_ms(now),
                    )
                )
                write_grants(connection, user_id, wanted.grants)
                self._audit.append(connection, entry(user_id))
                return _one(connection, user_id)
        except StoreRefusedError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise ConflictError(
                    f"there is a person called {wanted.name!r}: choose another name"
                ) from error
            raise

    def get(self, user_id: str) -> Person | None:
        """One person, also a disabled one."""
        with reading(self._engine) as connection:
            return _found(connection, user_id)

    def of_name(self, name: str) -> Person | None:
        """The person of this name."""
        with reading(self._engine) as connection:
            row = connection.execute(select(console_users).where(console_users.c.name == name)).one_or_none()
            return None if row is None else _person(row, grants_of(connection, row.id))

    def of_subject(self, subject: str) -> Person | None:
        """The person of this subject of single sign-on."""
        query = select(console_users).where(console_users.c.subject == subject)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _person(row, grants_of(connection, row.id))

    def page(self, *, after: str, limit: int) -> list[Person]:
        """People by name, after a name."""
        query = (
            select(console_users)
            .where(console_users.c.name > after)
            .order_by(console_users.c.name)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            return [_person(row, grants_of(connection, row.id)) for row in rows]

    def password_hash(self, user_id: str) -> str:
        """Argon2's text; empty for who has none."""
        query = select(console_users.c.password_hash).where(console_users.c.id == user_id)
        with reading(self._engine) as connection:
            return str(connection.execute(query).scalar_one_or_none() or "")

    def change(
        self,
        user_id: str,
        values: dict[str, object],
        grants: Sequence[Grant] | None,
        entries: Sequence[AuditEntry],
        *,
        ends_sessions: bool = False,
    ) -> Person | None:
        """Change columns, and grants when given; None when there is nobody; raises ConflictError."""
        with writing(self._engine) as connection:
            if values:
                connection.execute(
                    update(console_users).where(console_users.c.id == user_id).values(**values)
                )
            found = _found(connection, user_id)
            if found is None:
                return None
            if grants is not None:
                write_grants(connection, user_id, grants)
            if ends_sessions:
                connection.execute(delete(console_sessions).where(console_sessions.c.user_id == user_id))
            for entry in entries:
                self._audit.append(connection, entry)
            if grants is not None or values.get("disabled"):
                _check_admin_left(connection)  # after the log's lock, under which changes take turns
            return _one(connection, user_id)

    def replace_password(
        self, user_id: str, password_hash: str, session: NewSession | None, now: datetime, entry: AuditEntry
    ) -> None:
        """Store the password that a person chose; their sessions end, and `session` begins."""
        with writing(self._engine) as connection:
            connection.execute(
                update(console_users)
                .where(console_users.c.id == user_id)
                .values(
                    password_hash=password_hash,
                    must_change=False,
                    changed_at_ms=to_ms(now),
                    wrong=0,
                    locked_until_ms=0,
                )
            )
            connection.execute(delete(console_sessions).where(console_sessions.c.user_id == user_id))
            if session is not None:
                add_session(connection, user_id, session)
            self._audit.append(connection, entry)

    def sessions(self, user_id: str, now: datetime) -> list[OpenSession]:
        """A person's sessions, the latest first."""
        query = (
            select(console_sessions)
            .where(console_sessions.c.user_id == user_id, console_sessions.c.expires_at_ms > to_ms(now))
            .order_by(console_sessions.c.created_at_ms.desc())
            .limit(100)
        )
        with reading(self._engine) as connection:
            return [
                OpenSession(
                    hash=bytes(row.hash),
                    created_at=from_ms(row.created_at_ms),
                    seen_at=from_ms(row.seen_at_ms),
                    expires_at=from_ms(row.expires_at_ms),
                    address=row.address,
                    agent=row.agent,
                )
                for row in connection.execute(query)
            ]

    def end_sessions(self, user_id: str, entry: AuditEntry, *, only: bytes | None = None) -> int:
        """End a person's sessions, or one of them; gives how many there were."""
        query = delete(console_sessions).where(console_sessions.c.user_id == user_id)
        if only is not None:
            query = query.where(console_sessions.c.hash == only)
        with writing(self._engine) as connection:
            ended = connection.execute(query).rowcount
            if ended:
                self._audit.append(connection, entry)
            return ended


def _check_admin_left(connection: Connection) -> None:
    query = (
        select(user_grants.c.id)
        .join(console_users, console_users.c.id == user_grants.c.user_id)
        .where(
            user_grants.c.role == Role.ADMIN.value,
            user_grants.c.areas.is_(None),
            console_users.c.disabled.is_(False),
        )
        .limit(1)
    )
    if connection.execute(query).first() is None:
        raise ConflictError(_LAST_ADMIN)


def _found(connection: Connection, user_id: str) -> Person | None:
    row = connection.execute(select(console_users).where(console_users.c.id == user_id)).one_or_none()
    return None if row is None else _person(row, grants_of(connection, user_id))


def _one(connection: Connection, user_id: str) -> Person:
    row = connection.execute(select(console_users).where(console_users.c.id == user_id)).one()
    return _person(row, grants_of(connection, user_id))


def _person(row: Row[tuple[object, ...]], grants: tuple[Grant, ...]) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        email=row.email,
        language=row.language,
        subject=row.subject or "",
        has_password=bool(row.password_hash),
        disabled=row.disabled,
        must_change=row.must_change,
        locked_until=from_ms(row.locked_until_ms) if row.locked_until_ms else None,
        created_at=from_ms(row.created_at_ms),
        signed_in_at=None if row.signed_in_at_ms is None else from_ms(row.signed_in_at_ms),
        grants=grants,
    )
