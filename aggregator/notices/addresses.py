"""Who is told where: the addresses of people, agencies, roles and channels.

Invariants: an address goes in and never comes out: answers and the audit log have its name alone; who holds
`alarms.rules` in some areas has to do with addresses of these areas alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, Row, delete, insert, select
from uuid6 import uuid7

from aggregator.audit.entry import AuditEntry
from aggregator.errors import CallerError, ForbiddenError, NotFoundError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.notices.channel import Channel, Message, Outcome, Refused
from aggregator.notices.outbox import Within
from aggregator.notices.sealing import Sealer, UnsealableError
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.notices_tables import notice_addresses

_WORK: Final = Permission.ALARM_RULES_WRITE
_t = notice_addresses.c


class BadAddressError(CallerError):
    """The address is not one that its channel can reach."""

    status = 422
    code = "bad_address"
    title = "Not a possible address"


class Log(Protocol):
    """The audit log."""

    def append(self, connection: Connection, entry: AuditEntry) -> None:
        """Write an entry in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address without its secret."""

    id: str
    name: str
    target: str
    area: str
    channel: str
    language: str
    created_ms: int


class Channels:
    """The channels by name, and the addresses that they reach."""

    def __init__(self, engine: Engine, sealer: Sealer, channels: dict[str, Channel]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._channels = channels

    def fault_of(self, channel: str, address: str) -> str | None:
        """What is wrong with an address."""
        known = self._channels.get(channel)
        if known is None:
            return f"this server has no channel {channel!r}: it has {', '.join(sorted(self._channels))}"
        return known.fault_of(address)

    def seal(self, row: str, address: str) -> bytes:
        """The address as it is stored."""
        return self._sealer.seal(row, address)

    def send(self, address_id: str, worded: Callable[[str], Message]) -> Outcome:
        """Send to a stored address what `worded` says in its language; raises StoreError."""
        with reading(self._engine) as connection:
            row = connection.execute(select(notice_addresses).where(_t.id == address_id)).one_or_none()
        if row is None:
            return Refused("the address was removed")
        channel = self._channels.get(row.channel)
        if channel is None:
            return Refused(f"this server has no channel {row.channel!r}: set it up, or remove the address")
        try:
            address = self._sealer.open(row.id, bytes(row.sealed))
        except UnsealableError as error:
            return Refused(str(error))
        return channel.send(address, worded(row.language))


class AddressesService:
    """The use cases; `clock` gives aware UTC."""

    def __init__(
        self, engine: Engine, channels: Channels, places: Within, log: Log, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._channels = channels
        self._places = places
        self._log = log
        self._clock = clock

    def all(self, who: Principal) -> list[Address]:
        """Addresses within the caller's areas."""
        query = select(notice_addresses).where(_t.active).order_by(_t.id).limit(10_000)
        with reading(self._engine) as connection:
            found = [_address(row) for row in connection.execute(query)]
        return [each for each in found if self._reaches(who, each.area)]

    def add(self, who: Principal, given: Address, secret: str) -> Address:
        """Add one; raises BadAddressError, ForbiddenError."""
        if not self._reaches(who, given.area):
            raise ForbiddenError("this reaches beyond your areas: name an area that lies within them")
        if (fault := self._channels.fault_of(given.channel, secret)) is not None:
            raise BadAddressError(fault)
        now = self._clock()
        made = Address(
            str(uuid7()), given.name, given.target, given.area, given.channel, given.language, to_ms(now)
        )
        row = {name: getattr(made, name) for name in Address.__slots__}
        with writing(self._engine) as connection:
            sealed = self._channels.seal(made.id, secret)
            connection.execute(insert(notice_addresses).values(**row, sealed=sealed))
            self._record(connection, who, "notice_address.added", made, now)
        return made

    def remove(self, who: Principal, address_id: str) -> None:
        """Remove one; what waits for it fails. Raises NotFoundError."""
        found = self._get(who, address_id)
        with writing(self._engine) as connection:
            connection.execute(delete(notice_addresses).where(_t.id == address_id))
            self._record(connection, who, "notice_address.removed", found, self._clock())

    def test(self, who: Principal, address_id: str) -> Outcome:
        """Send a test message now; raises NotFoundError."""
        found = self._get(who, address_id)
        with writing(self._engine) as connection:
            self._record(connection, who, "notice_address.tested", found, self._clock())
        return self._channels.send(address_id, _test_message)

    def _get(self, who: Principal, address_id: str) -> Address:
        with reading(self._engine) as connection:
            row = connection.execute(select(notice_addresses).where(_t.id == address_id)).one_or_none()
        if row is None or not self._reaches(who, row.area):
            raise NotFoundError("there is no such address; GET /api/v1/notice-addresses lists them")
        return _address(row)

    def _reaches(self, who: Principal, area: str) -> bool:
        mine = self._places.within(who.areas_for(_WORK))
        return mine is None or area in mine

    def _record(
        self, connection: Connection, who: Principal, action: str, address: Address, now: datetime
    ) -> None:
        detail = {"name": address.name, "target": address.target, "channel": address.channel}
        subject = f"notice_address:{address.id}"
        entry = entry_by(who, action, subject, now, area=address.area, detail=detail)
        self._log.append(connection, entry)


def _test_message(language: str) -> Message:
    if language == "vi":
        return Message(str(uuid7()), "Tin thử", "Đây là tin thử: địa chỉ này nhận được thông báo.")
    return Message(str(uuid7()), "Test", "This is a test: notices reach this address.")


def _address(row: Row[Any]) -> Address:
    return Address(*(getattr(row, name) for name in Address.__slots__))
