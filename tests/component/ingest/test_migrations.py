from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from aggregator.errors import ConfigError, SchemaTooNewError, StoreError, StoreRefusedError
from aggregator.storage.relational.engine import make_engine, reading, writing
from aggregator.storage.relational.every_table import metadata
from aggregator.storage.relational.migrations import upgrade


def schema_of(engine: Engine) -> dict[str, object]:
    found = inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in found.get_columns(table)],
            found.get_pk_constraint(table),
            sorted(map(str, found.get_indexes(table))),
            sorted(map(str, found.get_unique_constraints(table))),
            sorted(map(str, found.get_check_constraints(table))),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    engine = make_engine(database_url)
    upgrade(engine)
    migrated = schema_of(engine)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert schema_of(engine) == migrated
    engine.dispose()


def test_servers_that_start_at_once_migrate_once(database_url: str) -> None:
    engines = [make_engine(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        revisions = set(threads.map(upgrade, engines))
    with reading(engines[0]) as connection:
        stored = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    assert revisions == set(stored)
    for engine in engines:
        engine.dispose()


def test_many_open_a_new_file_at_once_and_all_get_in(tmp_path: Path) -> None:
    for attempt in range(40):  # without patience about one in twenty is refused
        engines = [make_engine(f"sqlite:///{tmp_path}/{attempt}.sqlite") for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            modes = list(threads.map(_journal_mode, engines))
        assert modes == ["wal"] * len(engines)


def _journal_mode(engine: Engine) -> str:
    with reading(engine) as connection:
        mode = str(connection.execute(text("PRAGMA journal_mode")).scalar_one())
    engine.dispose()
    return mode


def test_a_database_of_a_newer_program_is_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNewError, match="newer version wrote it"):
        upgrade(engine)


def test_a_database_that_is_not_there_is_told_from_refused_values(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(StoreRefusedError), writing(engine) as connection:
        connection.execute(text("INSERT INTO streams (node, stream) VALUES ('a', 'b')"))
    with pytest.raises(StoreError), writing(engine) as connection:
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))
    (tmp_path / "directory").mkdir()
    away = make_engine(f"sqlite:///{tmp_path / 'directory'}")
    with pytest.raises(StoreError), reading(away) as connection:
        connection.execute(text("SELECT 1"))


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_serve_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        make_engine(url)
