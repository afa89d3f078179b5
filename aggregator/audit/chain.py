"""The hash chain: each row's hash covers the row and the hash before it, under a key of the server's. Pure.

Whoever can write the database and has not the key cannot make a hash that fits, so an altered, inserted or
removed row is found; removing the newest rows is found by the head, whose hash covers the number of rows.
What is not found by this alone is the whole database put back to an earlier state: note what
`aggregator audit head` prints elsewhere, and give it to `aggregator audit verify --head …`.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from aggregator.audit.entry import AuditRow

START: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and how that shows."""

    id: int
    what: str


def link(key: bytes, before: bytes, row: AuditRow) -> bytes:
    """Hash of a row; its own `hash` is not looked at."""
    said = msgspec.json.encode(
        [
            row.id,
            row.at_ms,
            row.actor_kind,
            row.actor_id,
            row.actor_name,
            row.action,
            row.subject,
            row.area,
            row.detail,
            row.address,
        ]
    )
    return hmac.digest(key, before + said, hashlib.sha256)


def seal(key: bytes, rows: int, last: bytes) -> bytes:
    """Hash of the head: the number of rows and the hash of the last."""
    return hmac.digest(key, b"head" + rows.to_bytes(8, "big") + last, hashlib.sha256)


def breaks(key: bytes, rows: Iterable[AuditRow], head: tuple[int, bytes]) -> Iterator[Break]:
    """Every place where the log is not what was written; none means that it is whole.

    Args:
        key: of the server.
        rows: all of them, ascending by id.
        head: number of rows and the head's hash, as stored.
    """
    before, expected = START, 1
    for row in rows:
        if row.id != expected:
            yield Break(expected, f"rows {expected} to {row.id - 1} are missing")
        elif not hmac.compare_digest(link(key, before, row), row.hash):
            yield Break(row.id, f"row {row.id} was altered, or the row before it")
        before, expected = row.hash, row.id + 1
    count = expected - 1
    if head[0] != count:
        yield Break(count + 1, f"the log has {count} rows and its head says {head[0]}")
    elif not hmac.compare_digest(seal(key, count, before), head[1]):
        yield Break(count, "the head was altered, or belongs to another key")
