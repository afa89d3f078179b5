"""Measurements in one DuckDB file, owned by one process.

Invariants: rows and the record of what was applied go in one transaction, so replaying any batch
changes nothing, also after kill -9; a commit is in the write-ahead log on disk when `write` returns;
there is no key per row (measured: plain append keeps its rate, a primary key halves it and falls).
What was applied is kept in memory as one `SeqRanges` a stream, and on disk as a log of its states
that is compacted now and then. One lock serialises writers; each reader has a cursor of its own.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec

from aggregator.errors import StoreError, StoreInUseError, StoreRefusedError
from aggregator.storage.seq_ranges import SeqRanges, Span, spans_of
from aggregator.storage.timeseries.duckdb_query import Parameter, counts_sql, points_sql
from aggregator.storage.timeseries.refusals import RefusedRow, RowsRefusedError, refused_rows
from aggregator.storage.timeseries.store import (
    MAX_POINTS,
    NS_PER_MS,
    Point,
    SeriesQuery,
    StreamCount,
    StreamRows,
    WriteResult,
)
from fleet.wire.messages import MeasurementRow

_log = logging.getLogger(__name__)

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS measurements (
        time_ns BIGINT NOT NULL, site VARCHAR NOT NULL, node VARCHAR NOT NULL, source VARCHAR NOT NULL,
        name VARCHAR NOT NULL, zone_or_line VARCHAR NOT NULL, class VARCHAR NOT NULL,
        direction VARCHAR NOT NULL, value DOUBLE NOT NULL, n BIGINT NOT NULL, quality TINYINT NOT NULL,
        period_s DOUBLE NOT NULL, stream VARCHAR NOT NULL, seq BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS applied (
        step BIGINT NOT NULL, node VARCHAR NOT NULL, stream VARCHAR NOT NULL,
        through BIGINT NOT NULL, ranges VARCHAR NOT NULL)""",
)
_COMPACT_AFTER: Final = 20_000
_StreamKey = tuple[str, str]
_MeasurementTuple = tuple[
    int, str, str, str, str, str, str, str, float, int, int, float, str, int
]  # fmt: skip
_spans: Final = msgspec.json.Decoder(tuple[Span, ...])


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a batch comes to: rows to append and the state of each stream after it."""

    rows: list[_MeasurementTuple]
    states: dict[_StreamKey, SeqRanges]
    repeated: int


class DuckDbStore:
    """`TimeSeriesStore` in the file at `path`; `threads` and `memory_mb` bound what queries take.

    Raises:
        StoreInUseError: another process owns the file.
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path, *, threads: int = 2, memory_mb: int = 512) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open: Callable[[], duckdb.DuckDBPyConnection] = lambda: _connect(path, threads, memory_mb)
        self._connection = self._open()
        self._writing = threading.Lock()
        self._step = 0
        self._logged = 0
        self._in_step = True
        with self._translated():
            for statement in _SCHEMA:
                self._connection.execute(statement).fetchall()
            self._applied = self._load()

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        """See `TimeSeriesStore.write`."""
        with self._writing:
            if not self._in_step:
                self._recover()
            plan = self._planned(batch)
            if plan.rows:
                self._in_step = False  # until the commit has returned, only the file knows what is applied
                with self._translated(), self._transaction():
                    self._append("measurements", plan.rows)
                    self._append("applied", self._states_of(plan.states))
                self._in_step = True
                self._applied.update(plan.states)
                self._logged += len(plan.states)
                if self._logged > _COMPACT_AFTER + 2 * len(self._applied):
                    self._compact()
            return WriteResult(len(plan.rows), plan.repeated)

    def query(self, query: SeriesQuery) -> tuple[Point, ...]:
        """See `TimeSeriesStore.query`."""
        sql, parameters = points_sql(query, min(query.limit, MAX_POINTS))
        rows = self._read(sql, parameters)
        return tuple(Point(row[0], tuple(row[3:]), row[1], row[2]) for row in rows)

    def counts(self, node: str | None = None) -> tuple[StreamCount, ...]:
        """See `TimeSeriesStore.counts`."""
        sql, parameters = counts_sql(node)
        return tuple(StreamCount(*row) for row in self._read(sql, parameters))

    def check(self) -> None:
        """See `TimeSeriesStore.check`."""
        self._read("SELECT 1", ())

    def close(self) -> None:
        """See `TimeSeriesStore.close`."""
        with self._writing:
            self._connection.close()

    def _planned(self, batch: tuple[StreamRows, ...]) -> _Plan:
        plan = _Plan([], {}, 0)
        repeated = 0
        refused: list[RefusedRow] = []
        for part in batch:
            key = (part.node, part.stream)
            state = plan.states.get(key) or self._applied.get(key, SeqRanges())
            state = state.union([(1, part.settled.through), *part.settled.ranges])
            refused += refused_rows(part)
            rows = _unapplied(part, state)
            repeated += len(part.rows) - len(rows)
            if rows:
                plan.states[key] = state.union(spans_of(sorted([row.seq for row in rows])))
                plan.rows.extend([_tuple_of(part, row) for row in rows])
        if refused:
            raise RowsRefusedError(tuple(refused))
        return _Plan(plan.rows, plan.states, repeated)

    def _states_of(self, states: dict[_StreamKey, SeqRanges]) -> list[tuple[int, str, str, int, str]]:
        self._step += 1
        return [
            (self._step, node, stream, state.through, msgspec.json.encode(state.ranges).decode())
            for (node, stream), state in states.items()
        ]

    def _load(self) -> dict[_StreamKey, SeqRanges]:
        """States of every stream: of each the last one logged."""
        applied: dict[_StreamKey, SeqRanges] = {}
        rows = self._connection.execute(
            "SELECT step, node, stream, through, ranges FROM applied ORDER BY step"
        ).fetchall()
        for step, node, stream, through, ranges in rows:
            applied[node, stream] = SeqRanges(through, _spans.decode(ranges))
            self._step = step
        self._logged = len(rows)
        return applied

    def _recover(self) -> None:
        """After a failed write: open the file anew when DuckDB gave it up, and read what is applied."""
        with self._translated():
            try:
                self._connection.execute("SELECT 1").fetchall()
            except duckdb.Error as error:
                _log.warning("opening %s again after: %s", self._path, _first_line(error))
                self._connection.close()
                self._connection = self._open()
            self._applied = self._load()
        self._in_step = True

    def _compact(self) -> None:
        """Replace the log of states by the states; a failure leaves the log as it was."""
        try:
            with self._translated(), self._transaction():
                self._connection.execute("DELETE FROM applied").fetchall()
                self._append("applied", self._states_of(self._applied))
        except StoreError as error:
            _log.warning("the record of applied rows was not compacted, it will be later: %s", error)
        else:
            self._logged = len(self._applied)

    def _append(
        self, table: str, rows: list[_MeasurementTuple] | list[tuple[int, str, str, int, str]]
    ) -> None:
        with self._connection.appender(table) as appender:
            appender.append_rows(rows)
            appender.flush()

    def _read(self, sql: str, parameters: tuple[Parameter, ...]) -> list[tuple[Any, ...]]:
        with self._translated(), self._connection.cursor() as cursor:
            return cursor.execute(sql, list(parameters)).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        try:
            self._connection.rollback()
        except duckdb.Error as error:  # a failed commit has ended the transaction by itself
            _log.debug("nothing to roll back: %s", error)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.DataError, duckdb.IntegrityError) as error:
            raise StoreRefusedError(
                f"the time-series store refused the values: {_first_line(error)}"
            ) from error
        except duckdb.Error as error:
            raise StoreError(
                f"the time-series store {self._path} does not answer: {_first_line(error)}"
            ) from error


def _connect(path: Path, threads: int, memory_mb: int) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": f"{memory_mb}MB",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        return duckdb.connect(str(path), config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise StoreInUseError(
                f"another process owns {path}: a DuckDB store has one owner. Stop the other aggregator,"
                " or give each its own data directory"
            ) from error
        raise StoreError(f"cannot open the time-series store {path}: {_first_line(error)}") from error
    except duckdb.Error as error:
        raise StoreError(f"cannot open the time-series store {path}: {_first_line(error)}") from error


def _unapplied(part: StreamRows, state: SeqRanges) -> Sequence[MeasurementRow]:
    """Rows whose seq is not in `state`; no seq stands twice."""
    spans = spans_of(sorted([row.seq for row in part.rows]))
    if all(state.missing(*span) == [span] for span in spans):
        return part.rows
    return [row for row in part.rows if row.seq not in state]


def _tuple_of(part: StreamRows, row: MeasurementRow) -> _MeasurementTuple:
    return (
        row.start_ms * NS_PER_MS + row.seq % NS_PER_MS,
        part.site,
        part.node,
        row.source,
        row.name,
        row.zone_or_line,
        row.class_name,
        row.direction,
        row.value,
        row.n,
        row.quality,
        row.period_s,
        part.stream,
        row.seq,
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
