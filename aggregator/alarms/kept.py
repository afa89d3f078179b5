"""Rules, silences and checklists as rows with a version, and the two ways to write one.

Invariants: a change raises the version, turns the projector's page and stands in the audit log, in one
transaction; of two changes that were made from the same version one is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, Row, Table, insert, update

from aggregator.alarms.book import turn_page
from aggregator.alarms.records import actor_of, to_json
from aggregator.alarms.states import SYSTEM, Actor
from aggregator.alarms.working import AlarmMovedOnError, Log
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import writing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """Something stored, its version, and who changed it last."""

    value: T
    version: int
    updated_ms: int
    updated_by: Actor


@dataclass(frozen=True, slots=True)
class Change:
    """Who does what to which row; `more` are columns beside the body, `version` what the caller saw."""

    who: Principal
    action: str
    key: str
    version: int | None = None
    more: Mapping[str, object] = field(default_factory=dict)


class Shelf:
    """The rows of one table."""

    def __init__(self, engine: Engine, table: Table, log: Log, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._table = table
        self._key: Any = next(iter(table.primary_key.columns))
        self._log = log
        self._clock = clock

    def add(self, change: Change, value: T) -> Stored[T]:
        """Write a new row."""
        now = self._clock()
        stored = Stored(value, 1, to_ms(now), _actor(change.who))
        with writing(self._engine) as connection:
            columns = _columns(stored) | dict(change.more) | {self._key.name: change.key}
            connection.execute(insert(self._table).values(columns))
            self._record(connection, change, now)
        return stored

    def put(self, change: Change, before: Stored[T], after: T) -> Stored[T]:
        """Change a row; raises AlarmMovedOnError when it is not as it was."""
        if change.version is not None and change.version != before.version:
            raise _moved_on(before)
        now = self._clock()
        stored = Stored(after, before.version + 1, to_ms(now), _actor(change.who))
        with writing(self._engine) as connection:
            done = connection.execute(
                update(self._table)
                .where(self._key == change.key, self._table.c.version == before.version)
                .values(_columns(stored) | dict(change.more))
            )
            if not done.rowcount:
                raise _moved_on(before)
            self._record(connection, change, now)
        return stored

    def _record(self, connection: Connection, change: Change, now: datetime) -> None:
        turn_page(connection)
        subject = f"{change.action.partition('.')[0]}:{change.key}"
        self._log.append(connection, entry_by(change.who, change.action, subject, now))


def stored_of(row: Row[Any], value: T) -> Stored[T]:
    """What a row holds."""
    return Stored(value, row.version, row.updated_ms, actor_of(row.updated_by) or SYSTEM)


def _columns(stored: Stored[Any]) -> dict[str, object]:
    return {
        "version": stored.version,
        "body": to_json(stored.value),
        "updated_ms": stored.updated_ms,
        "updated_by": to_json(stored.updated_by),
    }


def _actor(who: Principal) -> Actor:
    return Actor(who.kind.value, who.id, who.name)


def _moved_on(before: Stored[Any]) -> AlarmMovedOnError:
    return AlarmMovedOnError(
        f"{before.updated_by.name} has changed it, or somebody does just now: read it again"
    )
