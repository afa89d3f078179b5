"""Statements of the ledger for each database, for the driver's own bulk paths.

SQLAlchemy's per-row work would cost more than the databases do: rows go as plain tuples through
`executemany` (SQLite) and as one statement over arrays (PostgreSQL).
"""

from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

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
]
StreamRow = tuple[int, str, int, int, str, str]
"""watermark, ranges, repeated, updated_at_ms, node, stream."""

_EVENT_COLUMNS: Final = (
    ("node", "text"),
    ("stream", "text"),
    ("seq", "bigint"),
    ("received_at_ms", "bigint"),
    ("occurred_at_ms", "bigint"),
    ("clock", "smallint"),
    ("kind", "text"),
    ("rule", "text"),
    ("camera", "text"),
    ("zone_or_line", "text"),
    ("class_name", "text"),
    ("track_id", "bigint"),
    ("score_e3", "smallint"),
    ("direction", "text"),
    ("duration_s", "double precision"),
    ("box_x1_e4", "smallint"),
    ("box_y1_e4", "smallint"),
    ("box_x2_e4", "smallint"),
    ("box_y2_e4", "smallint"),
    ("value", "double precision"),
    ("evidence", "bytea"),
    ("model", "text"),
)
_SKIP_COLUMNS: Final = ("node", "stream", "from_seq", "to_seq", "reason", "count", "declared_at_ms")
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
        self.count_streams = f"SELECT count(*) FROM streams WHERE node = {mark}"  # noqa: S608  a constant
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
        self._insert_event = _insert("events", tuple(name for name, _ in _EVENT_COLUMNS), "?")
        self._update_stream = (
            "UPDATE streams SET watermark = ?, ranges = ?, repeated = repeated + ?, updated_at_ms = ? "
            "WHERE node = ? AND stream = ?"
        )

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> None:
        connection.exec_driver_sql(self._insert_event, list(rows))

    def update_streams(self, connection: Connection, rows: Sequence[StreamRow]) -> None:
        if rows:
            connection.exec_driver_sql(self._update_stream, list(rows))


class _Postgresql(_Common):
    def __init__(self) -> None:
        super().__init__("%s", " FOR UPDATE")
        names = ", ".join(name for name, _ in _EVENT_COLUMNS)
        arrays = ", ".join(f"%s::{kind}[]" for _, kind in _EVENT_COLUMNS)
        self._insert_events = (
            f"INSERT INTO events ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"  # noqa: S608
        )
        self._update_streams = (
            "UPDATE streams AS s SET watermark = n.watermark, ranges = n.ranges, "
            "repeated = s.repeated + n.repeated, updated_at_ms = n.updated_at_ms "
            "FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[]) "
            "AS n (watermark, ranges, repeated, updated_at_ms, node, stream) "
            "WHERE s.node = n.node AND s.stream = n.stream"
        )

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> None:
        connection.exec_driver_sql(self._insert_events, _columns(rows))

    def update_streams(self, connection: Connection, rows: Sequence[StreamRow]) -> None:
        if rows:
            connection.exec_driver_sql(self._update_streams, _columns(rows))


def _insert(table: str, columns: Sequence[str], mark: str) -> str:
    values = _marks(mark, len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608


def _columns(rows: Sequence[EventRow] | Sequence[StreamRow]) -> tuple[list[object], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def _marks(mark: str, count: int) -> str:
    return ", ".join([mark] * count)


_SQLITE: Final = _Sqlite()
_POSTGRESQL: Final = _Postgresql()
