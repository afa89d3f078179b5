"""Statements of the ledger for each database, for the driver's own bulk paths.

SQLAlchemy's per-row work would cost more than the databases do: rows go as plain tuples through
INSERTs of many rows (SQLite) and by COPY (PostgreSQL).
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final, Protocol

import psycopg
import psycopg.errors
from sqlalchemy import Connection

from aggregator.errors import StoreError, StoreRefusedError
from fleet.wire.messages import Event

EventRow = tuple[
    str,
    str,
    int,
    int,
    int,
    int,
    str,
    str,
    str,
    str,
    str,
    int,
    int,
    str,
    float,
    int | None,
    int | None,
    int | None,
    int | None,
    float | None,
    bytes | None,
    str,
    float | None,
]
StreamRow = tuple[int, str, int, int, str, str]
"""watermark, ranges, repeated, updated_at_ms, node, stream."""

_EVENT_COLUMNS: Final = (
    "node",
    "stream",
    "seq",
    "received_at_ms",
    "occurred_at_ms",
    "clock",
    "kind",
    "rule",
    "camera",
    "zone_or_line",
    "class_name",
    "track_id",
    "score_e3",
    "direction",
    "duration_s",
    "box_x1_e4",
    "box_y1_e4",
    "box_x2_e4",
    "box_y2_e4",
    "value",
    "evidence",
    "model",
    "value_error",
)
_SKIP_COLUMNS: Final = ("node", "stream", "from_seq", "to_seq", "reason", "count", "declared_at_ms")
_BLOCK: Final = 40
"""Rows of one INSERT on SQLite: a third less processor time than one by one (measured)."""
_NO_BOX: Final = (None, None, None, None)


def event_row(node: str, stream: str, event: Event, received_at_ms: int) -> EventRow:
    """Columns of `events` in the order that `insert_events` takes."""
    x1, y1, x2, y2 = event.box_e4 or _NO_BOX
    return (
        node,
        stream,
        event.seq,
        received_at_ms,
        event.occurred_at_ms,
        event.clock,
        event.kind,
        event.rule,
        event.camera,
        event.zone_or_line,
        event.class_name,
        event.track_id,
        event.score_e3,
        event.direction,
        event.duration_s,
        x1,
        y1,
        x2,
        y2,
        event.value,
        b"".join(event.evidence) or None,
        event.model,
        event.value_error,
    )


class LedgerSql(Protocol):
    """What differs between the databases."""

    count_streams: str
    insert_stream: str
    insert_skip: str

    def select_streams(self, count: int, *, lock: bool) -> str:
        """Statement over `count` pairs (node, stream)."""

    def select_sites(self, count: int) -> str:
        """Statement over `count` nodes."""

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> None:
        """Insert events; one that is there already is left as it is."""

    def update_streams(self, connection: Connection, rows: Sequence[StreamRow]) -> None:
        """Set the states of locked streams."""


def for_dialect(name: str) -> LedgerSql:
    """Statements for `sqlite` or `postgresql`."""
    return _POSTGRESQL if name == "postgresql" else _SQLITE


class _Common:
    """Statements that differ in the mark of a parameter alone."""

    def __init__(self, mark: str, for_update: str) -> None:
        self._mark = mark
        self._for_update = for_update
        self.count_streams = f"SELECT count(*) FROM streams WHERE node = {mark} AND first_seen_ms > {mark}"  # noqa: S608  constants
        self.insert_stream = _insert("streams", ("node", "stream", "first_seen_ms", "updated_at_ms"), mark)
        self.insert_skip = _insert("skips", _SKIP_COLUMNS, mark)

    def select_streams(self, count: int, *, lock: bool) -> str:
        pairs = ", ".join([f"({self._mark}, {self._mark})"] * count)
        tail = f"IN (VALUES {pairs}) ORDER BY node, stream{self._for_update if lock else ''}"
        return f"SELECT node, stream, watermark, ranges FROM streams WHERE (node, stream) {tail}"  # noqa: S608  marks

    def select_sites(self, count: int) -> str:
        return f"SELECT node, site FROM nodes WHERE node IN ({_marks(self._mark, count)})"  # noqa: S608  marks


class _Sqlite(_Common):
    def __init__(self) -> None:
        super().__init__("?", "")
        self._insert_event = _insert("events", _EVENT_COLUMNS, "?")
        self._insert_block = _insert("events", _EVENT_COLUMNS, "?", rows=_BLOCK)
        self._update_stream = (
            "UPDATE streams SET watermark = ?, ranges = ?, repeated = repeated + ?, updated_at_ms = ? "
            "WHERE node = ? AND stream = ?"
        )

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> None:
        whole = len(rows) - len(rows) % _BLOCK
        for start in range(0, whole, _BLOCK):
            block = tuple(chain.from_iterable(rows[start : start + _BLOCK]))
            connection.exec_driver_sql(self._insert_block, block)
        if whole < len(rows):
            connection.exec_driver_sql(self._insert_event, list(rows[whole:]))

    def update_streams(self, connection: Connection, rows: Sequence[StreamRow]) -> None:
        if rows:
            connection.exec_driver_sql(self._update_stream, list(rows))


class _Postgresql(_Common):
    def __init__(self) -> None:
        super().__init__("%s", " FOR UPDATE")
        names = ", ".join(_EVENT_COLUMNS)
        self._copy_events = f"COPY events ({names}) FROM STDIN"
        self._insert_event = _insert("events", _EVENT_COLUMNS, "%s")
        self._update_streams = (
            "UPDATE streams AS s SET watermark = n.watermark, ranges = n.ranges, "
            "repeated = s.repeated + n.repeated, updated_at_ms = n.updated_at_ms "
            "FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[]) "
            "AS n (watermark, ranges, repeated, updated_at_ms, node, stream) "
            "WHERE s.node = n.node AND s.stream = n.stream"
        )

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> None:
        try:
            with connection.begin_nested():
                self._copy(connection, rows)
        except psycopg.errors.UniqueViolation:  # events without their stream's state: a partial restore
            connection.exec_driver_sql(self._insert_event, list(rows))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise StoreRefusedError(f"the relational store refused the values: {error}") from error
        except psycopg.Error as error:
            raise StoreError(f"the relational store does not answer as it should: {error}") from error

    def _copy(self, connection: Connection, rows: Sequence[EventRow]) -> None:
        """COPY: five times the rate of arrays through psycopg (measured); SQLAlchemy has no word for it."""
        driver = connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError(f"{type(driver)} instead of psycopg's connection: use postgresql+psycopg://")
        with driver.cursor() as cursor, cursor.copy(self._copy_events) as copy:
            for row in rows:
                copy.write_row(row)

    def update_streams(self, connection: Connection, rows: Sequence[StreamRow]) -> None:
        if rows:
            connection.exec_driver_sql(self._update_streams, _columns(rows))


def _insert(table: str, columns: Sequence[str], mark: str, *, rows: int = 1) -> str:
    values = ", ".join([f"({_marks(mark, len(columns))})"] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608  marks


def _columns(rows: Sequence[StreamRow]) -> tuple[list[object], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def _marks(mark: str, count: int) -> str:
    return ", ".join([mark] * count)


_SQLITE: Final = _Sqlite()
_POSTGRESQL: Final = _Postgresql()
