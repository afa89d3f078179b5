"""Builds what knows people, keys and the audit log, for the server and for the commands beside it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from aggregator.audit.log import AuditLog, read_key
from aggregator.config import Config
from aggregator.errors import ConfigError
from aggregator.identity.accounts import AccountsService
from aggregator.identity.answers_repository import AnswersRepository
from aggregator.identity.hashing import Passwords
from aggregator.identity.keys import KeysService
from aggregator.identity.keys_repository import KeysRepository
from aggregator.identity.oidc import SignOnSettings
from aggregator.identity.oidc_client import OidcClient
from aggregator.identity.people_repository import PeopleRepository
from aggregator.identity.principal import Grant
from aggregator.identity.repository import IdentityRepository
from aggregator.identity.service import IdentityService
from aggregator.identity.sign_on import SignOnService
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
    people: PeopleRepository
    sign_on: SignOnService | None = None


def build_identity(engine: Engine, data_dir: Path, clock: Callable[[], datetime]) -> IdentityParts:
    """Build them over a database whose schema is up to date; raises DataDirError."""
    audit = AuditLog(engine, read_key(data_dir))
    audit.begin(clock())
    keys = KeysRepository(engine, audit)
    passwords = Passwords()
    people = PeopleRepository(engine, audit)
    repository = IdentityRepository(engine, audit)
    return IdentityParts(
        audit=audit,
        identity=IdentityService(repository, keys, passwords, clock),
        accounts=AccountsService(people, repository, passwords, clock),
        keys=KeysService(keys, clock),
        idempotency=Idempotency(AnswersRepository(engine), clock),
        people=people,
    )


@contextlib.contextmanager
def running_identity(
    engine: Engine, config: Config, clock: Callable[[], datetime]
) -> Iterator[IdentityParts]:
    """The parts of a server, with single sign-on when it is configured; raises DataDirError, ConfigError."""
    parts = build_identity(engine, config.data_dir, clock)
    if not config.oidc.issuer:
        yield parts
        return
    settings = sign_on_settings(config)
    client = OidcClient(settings, time.monotonic)
    try:
        sign_on = SignOnService(settings, client, parts.people, parts.identity, clock)
        yield replace(parts, sign_on=sign_on)
    finally:
        client.close()


def sign_on_settings(config: Config) -> SignOnSettings:
    """What the configuration says of single sign-on; raises ConfigError."""
    section = config.oidc
    public_url = config.server.public_url.rstrip("/")
    return SignOnSettings(
        issuer=section.issuer,
        client_id=section.client_id,
        client_secret=_secret(section.client_secret_file),
        scopes=section.scopes,
        groups_claim=section.groups_claim,
        groups={
            name: tuple(
                Grant(each.role, _ids(each.areas), _ids(each.agencies)) for each in section.groups[name]
            )
            for name in section.groups
        },
        redirect_uri=f"{public_url}/console/sign-on/callback",
        signed_out_uri=f"{public_url}/console/sign-in",
        label=section.label,
    )


def _secret(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read oidc.client_secret_file {file}: {error}; check the path") from error


def _ids(ids: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(ids)


@contextlib.contextmanager
def identity_of(config: Config) -> Iterator[IdentityParts]:
    """The parts for a command beside a server, which may be running."""
    engine = make_engine(config.database_url)
    try:
        upgrade(engine)
        yield build_identity(engine, config.data_dir, now_utc)
    finally:
        engine.dispose()
