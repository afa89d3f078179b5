"""Time series in one DuckDB file, owned by one process.

A row is seven numbers: its texts stand once in the table of series (`duckdb_series`), and the view
`measurements` joins them again for whoever reads.

Invariants: rows, the record of what was applied and the minutes that they made dirty go in one transaction,
so replaying any batch changes nothing, also after kill -9; a commit is in the write-ahead log on disk
when `write` returns; there is no key per row (measured: plain append keeps its rate, a primary key halves it
and falls). What was applied is kept in memory as one `SeqRanges` a stream, and on disk as a log of its states
that is compacted now and then. One lock serialises writers, and is taken after the file's own. Readers take
snapshots, and read roll-ups where they are clean and raw rows where they are not (`rollup_cover`).
`duckdb_upkeep` runs what is due.
"""

import logging
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from aggregator.errors import StoreError
from aggregator.storage.seq_ranges import SeqRanges, Span, spans_of
from aggregator.storage.timeseries.duckdb_copies import compacted_copy, write_copy
from aggregator.storage.timeseries.duckdb_file import DuckDbFile, Snapshot
from aggregator.storage.timeseries.duckdb_query import counts_sql, points_sql, step_s
from aggregator.storage.timeseries.duckdb_samples import SampleColumns
from aggregator.storage.timeseries.duckdb_schema import refresh_sql
from aggregator.storage.timeseries.duckdb_series import SeriesBook
from aggregator.storage.timeseries.refusals import RefusedRow, RowsRefusedError, refused_rows, writable_event
from aggregator.storage.timeseries.rollup_cover import MINUTE_NS
from aggregator.storage.timeseries.store import (
    EVENTS,
    MAX_POINTS,
    NS_PER_MS,
    EventPoint,
    Point,
    SeriesQuery,
    StreamCount,
    StreamRows,
    WriteResult,
)
from fleet.wire.messages import MeasurementRow

_log = logging.getLogger(__name__)
_COMPACT_AFTER: Final = 20_000
_StreamKey = tuple[str, str]
_spans: Final = msgspec.json.Decoder(tuple[Span, ...])


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a batch comes to: rows to append and the state of each stream after it."""

    columns: SampleColumns
    states: dict[_StreamKey, SeqRanges]
    repeated: int


class DuckDbStore:
    """`TimeSeriesStore` and `EventProjection` in the file at `path`.

    Raises:
        StoreInUseError: another process owns the file.
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path, *, threads: int = 2, memory_mb: int = 512) -> None:
        self._file = DuckDbFile(path, threads=threads, memory_mb=memory_mb)
        self._writing = threading.Lock()
        self._step = 0
        self._logged = 0
        self._in_step = True
        with self._file.translated():
            self._applied, self._dirty, self._series = self._load()

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        """See `TimeSeriesStore.write`; all of the batch or nothing."""
        with self._file.in_use(), self._writing:
            if not self._in_step:
                self._recover()
            plan = self._planned(batch)
            if len(plan.columns):
                dirtied = plan.columns.minutes() - self._dirty
                self._in_step = False  # until the commit has returned, only the file knows what is applied
                with self._file.translated(), self._file.transaction():
                    if self._series.fresh:
                        self._file.append("series", self._series.fresh)
                    self._file.append_columns("samples", plan.columns.arrays())
                    self._file.append("applied", self._states_of(plan.states))
                    if dirtied:
                        self._file.append("dirty", [(minute,) for minute in dirtied])
                self._in_step = True
                self._series.settle()
                self._dirty |= dirtied
                self._applied.update(plan.states)
                self._logged += len(plan.states)
                if self._logged > _COMPACT_AFTER + 2 * len(self._applied):
                    self._compact()
            return WriteResult(len(plan.columns), plan.repeated)

    def query(self, query: SeriesQuery) -> tuple[Point, ...]:
        """See `TimeSeriesStore.query`."""
        with self.snapshot() as snapshot:
            start_ns, end_ns = query.start_ms * NS_PER_MS, query.end_ms * NS_PER_MS
            relation = snapshot.partials(query.name, start_ns, end_ns, step_s=step_s(query))
            sql, parameters = points_sql(query, relation, min(query.limit, MAX_POINTS))
            return tuple(
                Point(row[0], tuple(row[3:]), row[1], row[2]) for row in snapshot.rows(sql, parameters)
            )

    def counts(self, node: str | None = None) -> tuple[StreamCount, ...]:
        """See `TimeSeriesStore.counts`."""
        with self.snapshot() as snapshot:
            return tuple(StreamCount(*row) for row in snapshot.rows(*counts_sql(node)))

    def check(self) -> None:
        """See `TimeSeriesStore.check`."""
        with self.snapshot() as snapshot:
            snapshot.rows("SELECT 1")

    def close(self) -> None:
        """See `TimeSeriesStore.close`."""
        with self._writing:
            self._file.close()

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """One state of all tables, to read from; raises StoreError."""
        return self._file.snapshot()

    def write_events(self, points: Sequence[EventPoint]) -> None:
        """See `EventProjection.write_events`."""
        with self._file.in_use(), self._writing:
            if not self._in_step:
                self._recover()
            self._in_step = False
            with self._file.translated(), self._file.transaction():
                found = self._file.connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchall()
                last = found[0][0]
                new = [_tuple_of_event(each) for each in points if each.id > last and writable_event(each)]
                if new:
                    self._file.append("events", new)
            self._in_step = True

    def last_event_id(self) -> int:
        """See `EventProjection.last_event_id`."""
        with self.snapshot() as snapshot:
            return int(snapshot.rows("SELECT coalesce(max(id), 0) FROM events")[0][0])

    def forget_events(self) -> None:
        """See `EventProjection.forget_events`."""
        self._alter(("DELETE FROM events",))

    def refresh(self, most_minutes: int) -> int:
        """Make the roll-ups of the oldest dirty minutes again; returns how many minutes were dirty.

        Writers go on meanwhile: a minute that they write to is dirty again, in their own transaction.
        """
        with self._file.in_use(), self._file.translated(), self._file.connection.cursor() as cursor:
            with self._writing:
                if not self._in_step:
                    self._recover()
                due = len(self._dirty)
                taken = sorted(self._dirty)[:most_minutes]
                if not taken:
                    return 0
                cursor.begin()
                cursor.execute("SELECT count(*) FROM dirty").fetchall()  # the state is fixed from here on
                self._dirty.difference_update(taken)
            with ExitStack() as failed:
                failed.callback(self._soil, taken)
                for statement in refresh_sql(taken):
                    cursor.execute(statement).fetchall()
                cursor.commit()
                failed.pop_all()
            return due

    def _soil(self, minutes: Sequence[int]) -> None:
        with self._writing:
            self._dirty.update(minutes)

    def expire(self, name: str, before_ms: int) -> None:
        """Remove one measurement's rows and roll-ups of the hours before `before_ms`; raises StoreError."""
        before_ns = before_ms * NS_PER_MS // (60 * MINUTE_NS) * (60 * MINUTE_NS)
        quoted = "'" + name.replace("'", "''") + "'"
        # The name is quoted, the time a number.
        if name == EVENTS:
            self._alter((f"DELETE FROM events WHERE time_ns < {before_ns}",))  # noqa: S608
            return
        of_name = f"series IN (SELECT id FROM series WHERE name = {quoted})"  # noqa: S608
        self._alter(
            (
                f"DELETE FROM samples WHERE {of_name} AND time_ns < {before_ns}",  # noqa: S608
                f"DELETE FROM rollup_1m WHERE {of_name} AND bucket_ns < {before_ns}",  # noqa: S608
                f"DELETE FROM rollup_1h WHERE {of_name} AND bucket_ns < {before_ns}",  # noqa: S608
            )
        )

    def names(self) -> list[str]:
        """Measurements that have rows, without the events; raises StoreError."""
        with self.snapshot() as snapshot:
            sql = "SELECT DISTINCT name FROM series WHERE id IN (SELECT series FROM samples) ORDER BY name"
            return [row[0] for row in snapshot.rows(sql)]

    def back_up(self, target: Path) -> None:
        """Write a copy of one state to `target` while the store runs; raises StoreError."""
        with self._file.in_use(), self._file.translated(), self._file.connection.cursor() as cursor:
            write_copy(cursor, target)

    def compact(self) -> None:
        """Write the file anew without the room of what was removed; reads and writes wait meanwhile."""
        self._file.exchange(lambda connection: compacted_copy(connection, self._file.path))

    def _alter(self, statements: Sequence[str]) -> None:
        file = self._file
        with file.in_use(), file.translated(), file.connection.cursor() as cursor, file.transaction(cursor):
            for statement in statements:
                cursor.execute(statement).fetchall()

    def _planned(self, batch: tuple[StreamRows, ...]) -> _Plan:
        plan = _Plan(SampleColumns(), {}, 0)
        repeated = 0
        refused: list[RefusedRow] = []
        unwritten: list[tuple[StreamRows, Sequence[MeasurementRow]]] = []
        for part in batch:
            key = (part.node, part.stream)
            state = plan.states.get(key) or self._applied.get(key, SeqRanges())
            state = state.union([(1, part.settled.through), *part.settled.ranges])
            refused += refused_rows(part)
            rows = _unapplied(part, state)
            repeated += len(part.rows) - len(rows)
            if rows:
                plan.states[key] = state.union(spans_of(sorted([row.seq for row in rows])))
                unwritten.append((part, rows))
        if refused:
            raise RowsRefusedError(tuple(refused))
        for part, rows in unwritten:
            plan.columns.add(self._series.ids_of(part, rows), rows)
        return _Plan(plan.columns, plan.states, repeated)

    def _states_of(self, states: dict[_StreamKey, SeqRanges]) -> list[tuple[int, str, str, int, str]]:
        self._step += 1
        return [
            (self._step, node, stream, state.through, msgspec.json.encode(state.ranges).decode())
            for (node, stream), state in states.items()
        ]

    def _load(self) -> tuple[dict[_StreamKey, SeqRanges], set[int], SeriesBook]:
        """States of every stream, of each the last one logged; the dirty minutes; and the series."""
        applied: dict[_StreamKey, SeqRanges] = {}
        connection = self._file.connection
        rows = connection.execute(
            "SELECT step, node, stream, through, ranges FROM applied ORDER BY step"
        ).fetchall()
        for step, node, stream, through, ranges in rows:
            applied[node, stream] = SeqRanges(through, _spans.decode(ranges))
            self._step = step
        self._logged = len(rows)
        dirty = connection.execute("SELECT DISTINCT minute FROM dirty").fetchall()
        series = SeriesBook(connection.execute("SELECT * FROM series").fetchall())
        return applied, {row[0] for row in dirty}, series

    def _recover(self) -> None:
        """After a failed write: read from the file what is applied."""
        self._file.recover()
        with self._file.translated():
            self._applied, self._dirty, self._series = self._load()
        self._in_step = True

    def _compact(self) -> None:
        """Replace the log of states by the states; a failure leaves the log as it was."""
        try:
            with self._file.translated(), self._file.transaction():
                self._file.connection.execute("DELETE FROM applied").fetchall()
                self._file.append("applied", self._states_of(self._applied))
        except StoreError as error:
            _log.warning("the record of applied rows was not compacted, it will be later: %s", error)
        else:
            self._logged = len(self._applied)


def _unapplied(part: StreamRows, state: SeqRanges) -> Sequence[MeasurementRow]:
    """Rows whose seq is not in `state`; no seq stands twice."""
    spans = spans_of(sorted([row.seq for row in part.rows]))
    if all(state.missing(*span) == [span] for span in spans):
        return part.rows
    return [row for row in part.rows if row.seq not in state]


def _tuple_of_event(point: EventPoint) -> tuple[str | int | float, ...]:
    event = point.event
    return (
        event.occurred_at_ms * NS_PER_MS + event.seq % NS_PER_MS,
        point.site,
        point.node,
        event.camera,
        event.kind,
        event.rule,
        event.zone_or_line,
        event.class_name,
        event.direction,
        1,
        event.duration_s,
        event.score,
        point.stream,
        event.seq,
        point.id,
    )
