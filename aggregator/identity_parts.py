"""Builds what knows people, keys and the audit log, for the server and for the commands beside it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from aggregator.audit.log import AuditLog, read_key
from aggregator.config import Config
from aggregator.identity.accounts import AccountsService
from aggregator.identity.answers_repository import AnswersRepository
from aggregator.identity.hashing import Passwords
from aggregator.identity.keys import KeysService
from aggregator.identity.keys_repository import KeysRepository
from aggregator.identity.people_repository import PeopleRepository
from aggregator.identity.repository import IdentityRepository
from aggregator.identity.service import IdentityService
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations.upgrade import upgrade
from aggregator.timeseries_opening import now_utc
from aggregator.web.idempotency import Idempotency


@dataclass(frozen=True, slots=True)
class IdentityParts:
    """The parts, over one engine."""

    audit: AuditLog
    identity: IdentityService
    accounts: AccountsService
    keys: KeysService
    idempotency: Idempotency


def build_identity(engine: Engine, data_dir: Path, clock: Callable[[], datetime]) -> IdentityParts:
    """Build them over a database whose schema is up to date; raises DataDirError."""
    audit = AuditLog(engine, read_key(data_dir))
    audit.begin(clock())
    keys = KeysRepository(engine, audit)
    passwords = Passwords()
    repository = IdentityRepository(engine, audit)
    return IdentityParts(
        audit=audit,
        identity=IdentityService(repository, keys, passwords, clock),
        accounts=AccountsService(PeopleRepository(engine, audit), repository, passwords, clock),
        keys=KeysService(keys, clock),
        idempotency=Idempotency(AnswersRepository(engine), clock),
    )


@contextlib.contextmanager
def identity_of(config: Config) -> Iterator[IdentityParts]:
    """The parts for a command beside a server, which may be running."""
    engine = make_engine(config.database_url)
    try:
        upgrade(engine)
        yield build_identity(engine, config.data_dir, now_utc)
    finally:
        engine.dispose()
