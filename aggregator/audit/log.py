"""Writes and reads the audit log.

Invariants: an entry is written in the transaction of what it tells, so neither is there without the other;
writers take turns by the head's row, so ids have no gaps; nothing here alters or removes a row.
"""

import hmac
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from aggregator.audit.chain import Break, breaks, link, seal
from aggregator.audit.entry import AuditEntry, AuditRow
from aggregator.errors import DataDirError
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.audit_tables import audit_head, audit_rows
from aggregator.storage.relational.engine import reading, writing

KEY_FILE: Final = "audit.key"
_KEY_BYTES: Final = 32
_CHUNK: Final = 5000
_HEAD: Final = 1


def read_key(data_dir: Path) -> bytes:
    """The server's key, made on the first call, readable by its owner alone; raises DataDirError."""
    path = data_dir / KEY_FILE
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = bytes.fromhex(path.read_text("ascii"))
        else:
            key = secrets.token_bytes(_KEY_BYTES)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(key.hex())
                file.flush()
                os.fsync(file.fileno())
    except (OSError, ValueError) as error:
        raise DataDirError(
            f"cannot use the audit log's key {path} ({error}): restore it from the back-up of the data "
            "directory; without it the log that it signed cannot be verified"
        ) from error
    if len(key) != _KEY_BYTES:
        raise DataDirError(f"the audit log's key {path} is cut short: restore it from the back-up")
    return key


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What a page of the log is about; empty texts are no filter."""

    action: str = ""
    subject: str = ""
    actor_id: str = ""


class AuditLog:
    """The log of one server; `key` signs its chain."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = key

    def append(self, connection: Connection, entry: AuditEntry) -> None:
        """Write an entry in the caller's transaction."""
        query = select(audit_head.c.rows, audit_head.c.last).where(audit_head.c.id == _HEAD)
        head = connection.execute(query.with_for_update()).one()
        count, last = head.rows, bytes(head.last)
        row = _row_of(count + 1, entry)
        hash_ = link(self._key, last, row)
        connection.execute(insert(audit_rows).values(**_columns(replace(row, hash=hash_))))
        connection.execute(
            update(audit_head)
            .where(audit_head.c.id == _HEAD)
            .values(rows=row.id, last=hash_, seal=seal(self._key, row.id, hash_))
        )

    def begin(self, now: datetime) -> None:
        """Write the first row, so that a log that was emptied is never taken for a new one."""
        with writing(self._engine) as connection:
            query = select(audit_head.c.rows).where(audit_head.c.id == _HEAD)
            if connection.execute(query.with_for_update()).scalar_one() == 0:
                self.append(connection, AuditEntry("system", "", "matthan", "audit.begun", "audit", now))

    def record(self, entry: AuditEntry) -> None:
        """Write an entry in a transaction of its own, for what changes nothing else, such as a view."""
        with writing(self._engine) as connection:
            self.append(connection, entry)

    def page(self, wanted: AuditFilter, *, before: int | None, limit: int) -> list[AuditRow]:
        """Rows from the newest on, before the id `before`."""
        query = select(audit_rows).order_by(audit_rows.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit_rows.c.id < before)
        for column, value in (
            (audit_rows.c.action, wanted.action),
            (audit_rows.c.subject, wanted.subject),
            (audit_rows.c.actor_id, wanted.actor_id),
        ):
            if value:
                query = query.where(column == value)
        with reading(self._engine) as connection:
            return [AuditRow(*row) for row in connection.execute(query)]

    def head(self) -> tuple[int, str]:
        """Number of rows and the head's seal, to be noted elsewhere."""
        with reading(self._engine) as connection:
            count, sealed = _head(connection)
        return count, sealed.hex()

    def went_through(self, count: int, sealed: bytes) -> bool:
        """Whether the log had this head once: its first `count` rows end as they did then."""
        query = select(audit_rows.c.hash).where(audit_rows.c.id == count)
        with reading(self._engine) as connection:
            last = connection.execute(query).scalar_one_or_none()
        return last is not None and hmac.compare_digest(seal(self._key, count, bytes(last)), sealed)

    def count(self) -> int:
        """Number of rows, as the head says."""
        return self.head()[0]

    def verify(self) -> tuple[int, list[Break]]:
        """Number of rows, and every place where the log is not what was written."""
        with reading(self._engine) as connection:
            count, sealed = _head(connection)
            if not count:
                return 0, [Break(0, "the log is empty: it was emptied, or no server has used it yet")]
            return count, list(breaks(self._key, _rows(connection), (count, sealed)))


def _head(connection: Connection) -> tuple[int, bytes]:
    query = select(audit_head.c.rows, audit_head.c.seal).where(audit_head.c.id == _HEAD)
    found = connection.execute(query).one_or_none()
    return (0, b"") if found is None else (found.rows, bytes(found.seal))


def _rows(connection: Connection) -> Iterator[AuditRow]:
    last = -(2**62)
    while True:
        query = select(audit_rows).where(audit_rows.c.id > last).order_by(audit_rows.c.id).limit(_CHUNK)
        found = [AuditRow(*row) for row in connection.execute(query)]
        yield from found
        if len(found) < _CHUNK:
            return
        last = found[-1].id


def _row_of(number: int, entry: AuditEntry) -> AuditRow:
    detail = msgspec.json.encode(dict(sorted(entry.detail.items()))).decode()
    return AuditRow(
        number,
        to_ms(entry.at),
        entry.actor_kind,
        entry.actor_id,
        entry.actor_name[:128],
        entry.action,
        entry.subject[:255],
        entry.area,
        detail,
        entry.address[:64],
        b"",
    )


def _columns(row: AuditRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in AuditRow.__slots__}
