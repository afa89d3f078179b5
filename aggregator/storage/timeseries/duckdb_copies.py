"""Copies of a DuckDB store: back-up while it runs, restoring, and the compacted file.

Invariant: a copy has its name only when it is whole and on disk.
"""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import duckdb

from aggregator.errors import ConfigError, StoreError
from aggregator.storage.timeseries.duckdb_schema import TABLES


def write_copy(cursor: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy one state of the database behind `cursor` to the file `target`, which must not exist yet."""
    if target.exists():
        raise StoreError(f"{target} exists: name another file, a back-up never replaces one")
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    quoted = "'" + str(partial).replace("'", "''") + "'"
    ((source,),) = cursor.execute("SELECT current_database()").fetchall()
    name = '"' + str(source).replace('"', '""') + '"'
    cursor.execute(f"ATTACH {quoted} AS copy_of_store").fetchall()
    with ExitStack() as failed:
        failed.callback(partial.unlink, missing_ok=True)
        with ExitStack() as attached:
            attached.callback(lambda: cursor.execute("DETACH copy_of_store").fetchall())
            cursor.execute(f"COPY FROM DATABASE {name} TO copy_of_store").fetchall()
        failed.pop_all()
    _sync(partial)
    partial.replace(target)
    _sync(target.parent)


def compacted_copy(connection: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """A copy beside `path` without the room that removed rows left."""
    target = path.with_name(f"{path.name}.compacted")
    target.unlink(missing_ok=True)
    write_copy(connection, target)
    return target


def restore(backup: Path, path: Path) -> Path | None:
    """Put a back-up in the place of the store at `path`, which no process may have open.

    Returns where the store that was there lies now, or None when there was none.

    Raises:
        ConfigError: `backup` is not a store.
        StoreError: the store is open, or the disk does not take the copy.
    """
    _check_is_store(backup)
    if path.exists():
        duckdb.connect(str(path)).close()  # takes the owner's lock, and folds the write-ahead log in
    partial = path.with_name(f"{path.name}.restoring")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(backup, partial)
        _sync(partial)
        before = None
        if path.exists():
            before = path.with_name(f"{path.name}.before-restore")
            path.replace(before)
        partial.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise StoreError(f"cannot restore {backup} to {path}: {error}") from error
    return before


def _check_is_store(backup: Path) -> None:
    try:
        with duckdb.connect(str(backup), read_only=True) as connection:
            found = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    except duckdb.Error as error:
        raise ConfigError(f"{backup} cannot be read as a back-up of this store: {error}") from error
    missing = sorted(set(TABLES) - {row[0] for row in found})
    if missing:
        raise ConfigError(f"{backup} is no back-up of this store: it has no table {', '.join(missing)}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
