"""The audit log on both databases: chained, in step with what it tells, and every tampering found."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, text, update

from aggregator.audit.entry import AuditEntry
from aggregator.audit.log import AuditFilter, AuditLog, read_key
from aggregator.errors import DataDirError
from aggregator.storage.relational.audit_tables import audit_head, audit_rows
from aggregator.storage.relational.engine import make_engine, writing
from aggregator.storage.relational.migrations.upgrade import upgrade

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    made = make_engine(url)
    upgrade(made)
    yield made
    made.dispose()


def entry(number: int, action: str = "user.created") -> AuditEntry:
    return AuditEntry("person", "u-1", "Lan", action, f"user:{number}", NOW, detail={"why": "mới"})


def test_entries_are_chained_and_listed_from_the_newest(engine: Engine) -> None:
    log = AuditLog(engine, KEY)
    for number in range(1, 6):
        log.record(entry(number, "user.created" if number % 2 else "key.made"))
    assert log.verify() == (5, [])
    assert [row.id for row in log.page(AuditFilter(), before=None, limit=2)] == [5, 4]
    assert [row.id for row in log.page(AuditFilter(action="key.made"), before=4, limit=9)] == [2]
    assert log.page(AuditFilter(subject="user:3"), before=None, limit=9)[0].detail == '{"why":"mới"}'


def test_what_is_rolled_back_leaves_no_entry(engine: Engine) -> None:
    log = AuditLog(engine, KEY)
    with pytest.raises(ZeroDivisionError):
        _append_and_fail(engine, log)
    log.record(entry(2))
    assert log.verify() == (1, [])


def _append_and_fail(engine: Engine, log: AuditLog) -> None:
    with writing(engine) as connection:
        log.append(connection, entry(1))
        log.append(connection, entry(1 // 0))


def test_a_log_is_begun_once_and_an_empty_one_is_told(engine: Engine) -> None:
    log = AuditLog(engine, KEY)
    assert log.verify()[1]
    log.begin(NOW)
    log.begin(NOW)
    assert log.verify() == (1, [])


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_rows SET subject = 'user:9' WHERE id = 2",
        "UPDATE audit_rows SET at_ms = at_ms + 1 WHERE id = 4",
        "UPDATE audit_rows SET detail = '{}' WHERE id = 1",
        "UPDATE audit_rows SET id = 9 WHERE id = 4",
        "DELETE FROM audit_rows WHERE id = 1",
        "DELETE FROM audit_rows WHERE id = 3",
        "DELETE FROM audit_rows WHERE id = 4",
        "DELETE FROM audit_rows",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET rows = 3",
        "UPDATE audit_head SET rows = 0",
        "UPDATE audit_rows SET hash = (SELECT hash FROM audit_rows WHERE id = 1) WHERE id = 2",
    ],
)
def test_any_tampering_is_found(engine: Engine, tampering: str) -> None:
    log = AuditLog(engine, KEY)
    for number in range(1, 5):
        log.record(entry(number))
    with writing(engine) as connection:
        connection.execute(text(tampering))
    assert log.verify()[1]


COLUMNS = sorted(column.name for column in audit_rows.columns)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_of_any_row_is_found(engine: Engine, column: str) -> None:
    log = AuditLog(engine, KEY)
    for number in range(1, 5):
        log.record(entry(number))
    for row in range(1, 5):
        with writing(engine) as connection:
            held = connection.execute(select(audit_rows.c[column]).where(audit_rows.c.id == row)).scalar_one()
            connection.execute(
                update(audit_rows).where(audit_rows.c.id == row).values({column: changed(held)})
            )
        rows, breaks = log.verify()
        assert rows == 4
        assert breaks, f"{column} of row {row}"
        with writing(engine) as connection:
            at = 1000 if column == "id" else row
            connection.execute(update(audit_rows).where(audit_rows.c.id == at).values({column: held}))
        assert log.verify() == (4, [])


def changed(held: object) -> object:
    """Another value that the column takes."""
    match held:
        case bytes():
            return bytes(len(held))
        case int():
            return 1000
        case _:
            return f"{held} "


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_a_log_whose_newest_rows_were_cut_off_is_found_by_its_head(engine: Engine, kept: int) -> None:
    log = AuditLog(engine, KEY)
    for number in range(1, 5):
        log.record(entry(number))
    noted = log.head()
    with writing(engine) as connection:
        connection.execute(delete(audit_rows).where(audit_rows.c.id > kept))
        last = connection.execute(
            select(audit_rows.c.hash).where(audit_rows.c.id == kept)
        ).scalar_one_or_none()
    assert log.verify()[1]
    with writing(engine) as connection:  # and the head made to fit as far as one can without the key
        connection.execute(update(audit_head).values(rows=kept, last=last or bytes(32)))
    assert log.verify()[1]
    assert not log.went_through(noted[0], bytes.fromhex(noted[1]))


def test_a_whole_database_that_was_put_back_is_found_by_a_head_noted_elsewhere(engine: Engine) -> None:
    log = AuditLog(engine, KEY)
    log.record(entry(1))
    with writing(engine) as connection:
        before = connection.execute(select(audit_head)).one()
    log.record(entry(2))
    count, sealed = log.head()
    with writing(engine) as connection:
        connection.execute(delete(audit_rows).where(audit_rows.c.id == 2))
        connection.execute(update(audit_head).values(before._asdict()))
    assert log.verify() == (1, [])
    assert not log.went_through(count, bytes.fromhex(sealed))


def test_writers_that_come_at_once_make_one_chain(engine: Engine) -> None:
    log = AuditLog(engine, KEY)
    failed: list[Exception] = []

    def write() -> None:
        try:
            for number in range(10):
                log.record(entry(number))
        except Exception as error:  # noqa: BLE001  told to the test below
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert log.verify() == (40, [])


def test_the_key_is_made_once_and_a_spoilt_one_is_told(tmp_path: Path) -> None:
    key = read_key(tmp_path)
    assert read_key(tmp_path) == key
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "audit.key").write_text("ab")
    with pytest.raises(DataDirError, match="restore it"):
        read_key(tmp_path)
