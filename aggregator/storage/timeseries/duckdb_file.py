"""The DuckDB file: opened by one process, read by snapshots, written in transactions, replaced as a whole.

Invariants: every error comes out as the aggregator's; a snapshot sees one state of all tables, whatever is
written meanwhile; the file is exchanged only while nobody reads or writes it.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from aggregator.errors import StoreError, StoreInUseError, StoreRefusedError
from aggregator.storage.timeseries.duckdb_query import Parameter
from aggregator.storage.timeseries.duckdb_samples import Column
from aggregator.storage.timeseries.duckdb_schema import (
    IS_WIDE,
    NARROW_WIDE,
    SCHEMA,
    SET_WIDE_ASIDE,
    partials_sql,
)
from aggregator.storage.timeseries.rollup_cover import cover

_log = logging.getLogger(__name__)
Tuples = Sequence[tuple[str | int | float, ...]]


class Snapshot:
    """One state of the file, for one thread and while it is open."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def partials(self, name: str, start_ns: int, end_ns: int, *, step_s: int) -> str:
        """SQL of partial aggregates of one measurement, in parentheses; see docs/timeseries.md."""
        dirty = [] if step_s <= 0 or step_s % 60 else self.rows("SELECT DISTINCT minute FROM dirty")
        return partials_sql(name, cover(start_ns, end_ns, step_s, [row[0] for row in dirty]))

    def rows(self, sql: str, parameters: Sequence[Parameter] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; raises StoreError."""
        return self._cursor.execute(sql, list(parameters)).fetchall()

    def interrupt(self) -> None:
        """End the query that runs, from another thread: it raises duckdb.InterruptException."""
        self._cursor.interrupt()

    def batches(
        self, sql: str, parameters: Sequence[Parameter], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Rows of a query, `size` at a time, for what does not fit in memory; raises StoreError."""
        cursor = self._cursor.execute(sql, list(parameters))
        while rows := cursor.fetchmany(size):
            yield rows


class DuckDbFile:
    """The file at `path`, open; `threads` and `memory_mb` bound what queries take.

    Raises:
        StoreInUseError: another process owns the file.
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path, *, threads: int, memory_mb: int) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open: Callable[[], duckdb.DuckDBPyConnection] = lambda: _connect(path, threads, memory_mb)
        self.connection = self._open()
        self._idle = threading.Condition()
        self._busy = 0
        self._exchanging = False
        with self.translated(), self.transaction():
            self._prepare()

    def close(self) -> None:
        """Close it; what was committed stays."""
        self.connection.close()

    def _prepare(self) -> None:
        """Make what is missing; turn a store of wide rows into one of series, all its minutes due."""
        ((is_wide,),) = self.connection.execute(IS_WIDE).fetchall()
        before, after = (SET_WIDE_ASIDE, NARROW_WIDE) if is_wide else ((), ())
        for statement in (*before, *SCHEMA, *after):
            self.connection.execute(statement).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read one state; raises StoreError."""
        with self.in_use(), self.translated(), self.connection.cursor() as cursor:
            cursor.begin()
            yield Snapshot(cursor)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the file from being exchanged meanwhile."""
        with self._idle:
            self._idle.wait_for(lambda: not self._exchanging)
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    @contextmanager
    def transaction(self, connection: duckdb.DuckDBPyConnection | None = None) -> Iterator[None]:
        """Commit what the block does, or nothing of it."""
        used = connection or self.connection
        used.begin()
        with ExitStack() as failed:
            failed.callback(_roll_back, used)
            yield
            used.commit()
            failed.pop_all()

    def append(self, table: str, rows: Tuples) -> None:
        """Append rows within the transaction."""
        with self.connection.appender(table) as appender:
            appender.append_rows(rows)
            appender.flush()

    def append_columns(self, table: str, columns: Mapping[str, Column]) -> None:
        """Append columns of numbers, in the table's order, within the transaction."""
        self.connection.register("batch", dict(columns))
        try:
            # The table's name is ours.
            self.connection.execute(f"INSERT INTO {table} SELECT * FROM batch").fetchall()  # noqa: S608
        finally:
            self.connection.unregister("batch")

    def recover(self) -> None:
        """Open the file anew if DuckDB gave it up; raises StoreError."""
        with self.translated():
            try:
                self.connection.execute("SELECT 1").fetchall()
            except duckdb.Error as error:
                _log.warning("opening %s again after: %s", self.path, _first_line(error))
                self.connection.close()
                self.connection = self._open()

    def exchange(self, make: Callable[[duckdb.DuckDBPyConnection], Path]) -> None:
        """Put the file that `make` writes in the place of this one, while nobody uses it.

        Raises:
            StoreError: it could not be made; the old file stays.
        """
        with self._idle:
            self._idle.wait_for(lambda: not self._exchanging)
            self._exchanging = True
            self._idle.wait_for(lambda: self._busy == 0)
        try:
            with self.translated():
                made = make(self.connection)
                self.connection.close()
                try:
                    made.replace(self.path)
                    self.path.with_name(f"{self.path.name}.wal").unlink(missing_ok=True)
                finally:
                    self.connection = self._open()
        finally:
            with self._idle:
                self._exchanging = False
                self._idle.notify_all()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn DuckDB's errors into the aggregator's."""
        try:
            yield
        except (duckdb.DataError, duckdb.IntegrityError, OverflowError) as error:
            raise StoreRefusedError(
                f"the time-series store refused the values: {_first_line(error)}"
            ) from error
        except (duckdb.Error, OSError) as error:
            raise StoreError(
                f"the time-series store {self.path} does not answer: {_first_line(error)}"
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


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except duckdb.Error as error:  # a failed commit has ended the transaction by itself
        _log.debug("nothing to roll back: %s", error)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
