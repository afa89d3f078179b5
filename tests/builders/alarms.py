"""Events as ingest stores them, and the parts that make alarms of them, for tests of alarms."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, text
from uuid6 import uuid7

from aggregator.alarms.projection import AlarmProjection
from aggregator.ingest import ledger_sql
from aggregator.places.cameras import CameraPlace
from aggregator.storage.relational.alarms_tables import alarms
from aggregator.storage.relational.engine import reading, writing
from fleet.wire.messages import Event

STREAM = "00112233445566ff"
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""Noon in Vietnam, a Friday."""
_seqs = itertools.count(1)


@dataclass
class Ticking:
    """A clock that a test sets."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    @property
    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class KnownPlaces:
    """Places of a test: cameras by node, areas below areas, agencies by area."""

    cameras: dict[str, CameraPlace] = field(default_factory=dict)
    below: dict[str, frozenset[str]] = field(default_factory=dict)
    agencies: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)

    def site_of_camera(self, node: str, camera: str) -> CameraPlace:
        return self.cameras.get(node, CameraPlace(node, camera))

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        del at
        if roots is None:
            return None
        return roots.union(*(self.below.get(root, frozenset()) for root in roots))

    def agency_for(self, category: str, area: str, at: date | None = None) -> str:
        del category, at
        return self.agencies.get(area, "")

    def area_of_site(self, site: str) -> str:
        return self.sites.get(site, "")


def happened(kind: str = "intruded", **fields: Any) -> Event:
    """An event of a kind; its seq is new."""
    given = {
        "seq": next(_seqs),
        "occurred_at_ms": int(NOON.timestamp() * 1000),
        "clock": 0,
        "kind": kind,
        "rule": "yard",
        "camera": "cam-01",
        "zone_or_line": "zone-a",
        "score_e3": 900,
    }
    return Event(**(given | fields))


def insert_events(
    connection: Connection, made: Sequence[Event], received_ms: int, node: str = "node-1"
) -> None:
    """Insert as ingest does, in the caller's transaction."""
    rows = [ledger_sql.event_row(node, STREAM, each, received_ms) for each in made]
    ledger_sql.for_dialect(connection.dialect.name).insert_events(connection, rows)


def insert_alarm(connection: Connection, *, node: str = "gate-own", area: str = "own", **columns: Any) -> str:
    """An alarm as the projection would have stored it; its id."""
    alarm_id = str(uuid7())
    at_ms = 1_790_000_000_000
    given = {
        "id": alarm_id,
        "kind": "intruded",
        "severity": "high",
        "work": "order",
        "rule": "default-intruded",
        "key": alarm_id.replace("-", ""),
        "node": node,
        "camera": "cam",
        "area": area,
        "first_event": f"{node}:{STREAM}:1",
        "last_event": f"{node}:{STREAM}:1",
        "count": 1,
        "first_at_ms": at_ms,
        "last_at_ms": at_ms,
        "opened_at_ms": at_ms,
        "state": "open",
        "version": 1,
        "round": 0,
        "from_ms": at_ms,
        "unacknowledged_ms": at_ms,
        "escalation": '{"steps":[],"quiet":[]}',
        "told": 0,
        "updated_ms": at_ms,
    }
    connection.execute(insert(alarms).values(**(given | columns)))
    return alarm_id


@dataclass
class Desk:
    """A database with the projection over it."""

    engine: Engine
    clock: Ticking = field(default_factory=Ticking)
    places: KnownPlaces = field(default_factory=KnownPlaces)

    def __post_init__(self) -> None:
        self.projection = self.new_projection()

    def new_projection(self) -> AlarmProjection:
        """One as a fresh process has it."""
        return AlarmProjection(self.engine, self.places, self.clock, lambda: str(uuid7()))

    def store(self, *made: Event, node: str = "node-1", received_ms: int | None = None) -> None:
        with writing(self.engine) as connection:
            insert_events(connection, made, self.clock.ms if received_ms is None else received_ms, node)

    def project(self) -> int:
        """Take all that is stored; how many alarms changed."""
        changed = 0
        while True:
            stepped = self.projection.step()
            changed += len(stepped.changed)
            if not stepped.is_behind:
                return changed

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with reading(self.engine) as connection:
            return [tuple(row) for row in connection.execute(text(sql))]
