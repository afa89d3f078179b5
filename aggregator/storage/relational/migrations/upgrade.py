"""Bring a database to this program's schema, in one transaction, whoever else starts meanwhile.

Invariants: two processes that start at once apply each step once (PostgreSQL: an advisory lock,
SQLite: the writer's lock); a database of a newer program is left alone.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from aggregator.errors import SchemaTooNewError
from aggregator.storage.relational.engine import writing

_LOCK: Final = 0x6D61747468616E  # a number that nothing else on the server uses


def upgrade(engine: Engine) -> str:
    """Apply the steps that are missing; returns the revision in force.

    Raises:
        SchemaTooNewError: the database was written by a newer program.
        StoreError: the database is away.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    head = str(script.get_current_head())
    with writing(engine) as connection:
        _lock(connection)
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {step.revision for step in script.walk_revisions()}:
            raise SchemaTooNewError(
                f"the database has schema {current!r}, which this program (schema {head!r}) does not know: "
                "a newer version wrote it; install that version again, or restore a backup"
            )
        if current != head:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return head


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
