"""Alarms with notices, addresses, and a delivery over them, for tests of notices."""

import itertools
from dataclasses import dataclass, field
from datetime import date

import msgspec
from builders.alarms import Ticking
from sqlalchemy import Connection, Engine, insert, select

from aggregator.audit.entry import AuditEntry
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.notices.addresses import Address, AddressesService, Channels
from aggregator.notices.apprise_channel import AppriseChannel
from aggregator.notices.channel import Channel
from aggregator.notices.delivery import Delivery
from aggregator.notices.outbox import Outbox
from aggregator.notices.pacing import Pace
from aggregator.notices.sealing import Sealer
from aggregator.storage.relational.alarms_tables import alarm_notices, alarms
from aggregator.storage.relational.engine import reading, writing

BOSS = Principal(Kind.PERSON, "u-1", "boss", (Grant(Role.ADMIN),))
_steps = itertools.count()


@dataclass
class Book:
    """The audit log of a test."""

    entries: list[AuditEntry] = field(default_factory=list)

    def append(self, connection: Connection, entry: AuditEntry) -> None:
        assert not connection.closed
        self.entries.append(entry)

    @property
    def actions(self) -> list[str]:
        return [entry.action for entry in self.entries]


class Areas:
    """Hue (46) over the ward 19750; nothing else."""

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        del at
        return None if roots is None else roots | ({"19750"} if "46" in roots else set())

    def path(self, area: str, at: date | None = None) -> tuple[str, ...]:
        del at
        return {"19750": ("19750", "46"), "46": ("46",)}.get(area, ())

    def name_of_area(self, area: str) -> tuple[str, str] | None:
        return {"46": ("Thành phố Huế", "46"), "19750": ("Phường", "19750")}.get(area)


class Post:
    """The slice's parts over a database; time stands until a test moves it."""

    def __init__(self, engine: Engine, channel: Channel | None = None, *, most: int = 5) -> None:
        self.engine = engine
        self.clock = Ticking()
        self.book = Book()
        channels: dict[str, Channel] = {"apprise": channel or AppriseChannel()}
        self.channels = Channels(engine, Sealer(bytes(32)), channels)
        self.addresses = AddressesService(engine, self.channels, Areas(), self.book, self.clock)
        outbox = Outbox(engine, Areas(), Pace(most))
        self.delivery = Delivery(outbox, self.channels, self.clock, chance=lambda: 1.0, lease_s=60)

    def address(self, secret: str, target: str = "role:operator", area: str = "") -> str:
        given = Address("", "Trực ban", target, area, "apprise", "vi", 0)
        return self.addresses.add(BOSS, given, secret).id

    def alarm(self, alarm_id: str = "a-1", *, area: str = "19750", state: str = "open") -> None:
        row = {
            "id": alarm_id,
            "kind": "intruded",
            "severity": "high",
            "work": "safety",
            "rule": "r",
            "key": alarm_id,
            "node": "box-1",
            "camera": "cam-1",
            "site": "gate",
            "area": area,
            "agency": "police",
            "first_event": "e",
            "last_event": "e",
            "state": state,
            "escalation": "{}",
        }
        zeros = ("count", "first_at_ms", "last_at_ms", "opened_at_ms", "version", "round", "from_ms")
        rest = ("unacknowledged_ms", "told", "updated_ms")
        with writing(self.engine) as connection:
            connection.execute(insert(alarms).values(**row, **dict.fromkeys((*zeros, *rest), 1)))

    def notice(self, alarm_id: str = "a-1", targets: tuple[str, ...] = ("role:operator",)) -> None:
        row = {
            "alarm": alarm_id,
            "round": 1,
            "step": next(_steps),
            "targets": msgspec.json.encode(targets).decode(),
            **dict.fromkeys(("due_ms", "made_ms", "try_ms"), self.clock.ms),
        }
        with writing(self.engine) as connection:
            connection.execute(insert(alarm_notices).values(**row))

    def notices(self) -> list[tuple[str, str]]:
        """State and detail of each notice."""
        query = select(alarm_notices.c.state, alarm_notices.c.detail).order_by(alarm_notices.c.id)
        with reading(self.engine) as connection:
            return [(row.state, row.detail) for row in connection.execute(query)]
