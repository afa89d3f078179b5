"""Grants as rows of `user_grants`, inside a caller's transaction."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, insert, select
from uuid6 import uuid7

from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant
from aggregator.storage.relational.identity_tables import user_grants

_ids = msgspec.json.Decoder(tuple[str, ...])


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


def grants_of(connection: Connection, user_id: str) -> tuple[Grant, ...]:
    """A person's grants, in the order in which they were given."""
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
