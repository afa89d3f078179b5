"""Engines for the relational store: SQLite (WAL) embedded, PostgreSQL in production.

Invariants: a commit that returned survives a power cut (SQLite `synchronous=FULL`, PostgreSQL
`synchronous_commit=on`); a writer takes its lock at the start (`BEGIN IMMEDIATE`), so that reading
a stream's state and writing it back is one step on both databases.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from aggregator.errors import ConfigError, StoreError, StoreRefusedError

_BUSY_TIMEOUT_MS: Final = 10_000
_WRITER: Final = "matthan_writer"
_BUSY_PAUSE_S: Final = 0.01
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-32768",
    "PRAGMA temp_store=MEMORY",
)
_POSTGRESQL: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "matthan",
    "options": "-c synchronous_commit=on -c timezone=UTC",
}


def make_engine(url: str) -> Engine:
    """Engine for `sqlite:///PATH` or `postgresql://…`; connects at first use, not here.

    Raises:
        ConfigError: the URL is malformed or names another database.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return create_engine(
        parsed, connect_args=dict(_POSTGRESQL), pool_pre_ping=True, pool_size=10, max_overflow=10
    )


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads see one state; store errors come out as StoreError."""
    with translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the writer's lock from its start and is durable when the block ends.

    Raises:
        StoreError: the database is away or busy; nothing was stored.
        StoreRefusedError: the database cannot take these values; nothing was stored.
    """
    with translated(), engine.execution_options(**{_WRITER: True}).begin() as connection:
        yield connection


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn SQLAlchemy's errors into the aggregator's."""
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise StoreRefusedError(f"the relational store refused the values: {_first_line(error)}") from error
    except DBAPIError as error:
        raise StoreError(
            f"the relational store does not answer as it should: {_first_line(error)}"
        ) from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "database.url is no URL: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigError(f"database.url names {other!r}: use sqlite:///PATH or postgresql://…")


def _use_wal(cursor: DBAPICursor) -> None:
    """Switch the file's journal, which SQLite refuses at once, without its timeout, while others do."""
    deadline_s = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(_BUSY_PAUSE_S)
        else:
            return


def _sqlite(url: URL) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise ConfigError("database.url: an SQLite store needs a file, write sqlite:///PATH")
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=10, max_overflow=10)

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own implicit BEGIN would come too late and deferred: transactions are ours.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        _use_wal(cursor)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(_WRITER, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
