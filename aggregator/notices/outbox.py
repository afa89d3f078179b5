"""What is to be delivered, in the relational store: notices become deliveries, one for each address.

Invariants: a notice is spread in one transaction, so each address has one delivery however often a server
dies; a delivery is sent by whoever holds its lease; what was sent is never taken again. A server that dies
between sending and `settle` leaves a lease that ends: the message goes out once more with the same id.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from uuid6 import uuid7

from aggregator.notices.pacing import Pace, paced
from aggregator.notices.wording import AlarmFacts
from aggregator.storage.relational.alarms_tables import alarm_notices, alarms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.identity_tables import console_users, user_grants
from aggregator.storage.relational.notices_tables import notice_addresses, notice_deliveries

_MOST: Final = 200
_CLOSED: Final = frozenset({"resolved", "false"})
_ids: Final = msgspec.json.Decoder(list[str])
_NOBODY: Final = "nobody whom it calls has an address: add one by POST /api/v1/notice-addresses"
_d = notice_deliveries.c
_n = alarm_notices.c


class Within(Protocol):
    """The registry of places."""

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        """Areas and all below them."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Deliveries that go out as one message."""

    message: str
    address: str
    deliveries: tuple[int, ...]
    attempts: int
    alarms: tuple[AlarmFacts, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a parcel: sent, failed, or waiting until `try_ms`."""

    parcel: Parcel
    state: str
    try_ms: int
    error: str = ""


class Outbox:
    """The store's side of delivery; `new_id` names messages."""

    def __init__(
        self,
        engine: Engine,
        places: Within,
        pace: Pace,
        new_id: Callable[[], str] = lambda: str(uuid7()),
    ) -> None:
        self._engine = engine
        self._places = places
        self._pace = pace
        self._new_id = new_id

    def spread(self, now_ms: int) -> int:
        """Make deliveries of notices that are due; returns how many notices were. Raises StoreError."""
        wanted = _n.state == "waiting", _n.try_ms <= now_ms
        with reading(self._engine) as connection:
            if connection.execute(select(_n.id).where(*wanted).limit(1)).first() is None:
                return 0
        query = (
            select(alarm_notices, *_ALARM)
            .join(alarms, alarms.c.id == _n.alarm)
            .where(*wanted)
            .order_by(_n.id)
            .limit(_MOST)
            .with_for_update(skip_locked=True, of=alarm_notices)
        )
        with writing(self._engine) as connection:
            rows = connection.execute(query).all()
            for row in rows:
                self._spread_one(connection, row, now_ms)
        return len(rows)

    def lease(self, now_ms: int, lease_ms: int) -> list[Parcel]:
        """Take what is due, until `lease_ms`, in messages as each address may get them."""
        due = (_d.state == "waiting", _d.try_ms <= now_ms, _d.lease_ms <= now_ms)
        with reading(self._engine) as connection:
            if connection.execute(select(_d.id).where(*due).limit(1)).first() is None:
                return []
        query = (
            select(notice_deliveries)
            .where(*due)
            .order_by(_d.try_ms, _d.id)
            .limit(_MOST)
            .with_for_update(skip_locked=True)
        )
        with writing(self._engine) as connection:
            rows = connection.execute(query).all()
            groups: list[list[Row[Any]]] = []
            for address in dict.fromkeys(row.address for row in rows):
                groups += self._paced(connection, address, [r for r in rows if r.address == address], now_ms)
            return [self._take(connection, group, lease_ms) for group in groups]

    def settle(self, settled: Settled, now_ms: int) -> None:
        """Note what became of a parcel, and of notices that it ends."""
        parcel = settled.parcel
        is_done = settled.state != "waiting"
        with writing(self._engine) as connection:
            connection.execute(
                update(notice_deliveries)
                .where(_d.id.in_(parcel.deliveries), _d.state == "waiting")
                .values(
                    state=settled.state,
                    lease_ms=0,
                    try_ms=settled.try_ms,
                    done_ms=now_ms if is_done else None,
                    error=settled.error[:500],
                )
            )
            notices = connection.execute(select(_d.notice).where(_d.id.in_(parcel.deliveries))).scalars()
            for notice in sorted(set(notices)):
                _close(connection, notice, parcel.attempts, settled.error, now_ms)

    def _spread_one(self, connection: Connection, row: Row[Any], now_ms: int) -> None:
        if row.alarm_state in _CLOSED:
            _finish(connection, row.id, "needless", "the alarm was closed before", now_ms)
            return
        targets = set(_resolved(_ids.decode(row.targets), row))
        for target in sorted(targets):
            if target.startswith("role:"):
                targets |= self._people(connection, target.removeprefix("role:"), row.area, row.agency)
        query = select(notice_addresses.c.id, notice_addresses.c.area).where(
            notice_addresses.c.target.in_(sorted(targets)), notice_addresses.c.active
        )
        found = [each.id for each in connection.execute(query) if self._covers(each.area, row.area)]
        if not found:
            _finish(connection, row.id, "failed", _NOBODY, now_ms)
            return
        common = {"notice": row.id, "try_ms": row.try_ms, "made_ms": now_ms}
        connection.execute(insert(notice_deliveries), [{**common, "address": each} for each in found])
        connection.execute(update(alarm_notices).where(_n.id == row.id).values(state="sending"))

    def _people(self, connection: Connection, role: str, area: str, agency: str) -> set[str]:
        """Those who have the role over the alarm's area and agency, as targets."""
        query = (
            select(user_grants.c.user_id, user_grants.c.areas, user_grants.c.agencies)
            .join(console_users, console_users.c.id == user_grants.c.user_id)
            .where(user_grants.c.role == role, ~console_users.c.disabled)
        )
        return {
            f"user:{row.user_id}"
            for row in connection.execute(query)
            if (row.areas is None or any(self._covers(each, area) for each in _ids.decode(row.areas)))
            and (row.agencies is None or agency in _ids.decode(row.agencies))
        }

    def _covers(self, mine: str, area: str) -> bool:
        return not mine or area in (self._places.within(frozenset({mine})) or frozenset())

    def _paced(
        self, connection: Connection, address: str, rows: Sequence[Row[Any]], now_ms: int
    ) -> list[list[Row[Any]]]:
        """Messages of an address: those that were tried before as they were, the others by its pace."""
        again: dict[str, list[Row[Any]]] = {}
        fresh: dict[int, Row[Any]] = {}
        for row in rows:
            if row.message:
                again.setdefault(row.message, []).append(row)
            else:
                fresh[row.id] = row
        last = func.max(func.coalesce(_d.done_ms, _d.lease_ms))
        since = now_ms - self._pace.window_ms
        sent = select(last).where(
            _d.address == address, _d.message != "", (_d.done_ms > since) | (_d.lease_ms > now_ms)
        )
        sent_ms = [min(at_ms, now_ms) for at_ms in connection.execute(sent.group_by(_d.message)).scalars()]
        plan = paced(list(fresh), [*sent_ms, *([now_ms] * len(again))], now_ms, self._pace)
        if plan.later_ms is not None:
            connection.execute(
                update(notice_deliveries).where(_d.id.in_(list(fresh))).values(try_ms=plan.later_ms)
            )
        groups = [*again.values(), *([fresh[each]] for each in plan.single)]
        if plan.digest:
            groups.append([fresh[each] for each in plan.digest])
        return groups

    def _take(self, connection: Connection, rows: list[Row[Any]], lease_ms: int) -> Parcel:
        message = rows[0].message or self._new_id()
        attempts = rows[0].attempts + 1
        ids = tuple(row.id for row in rows)
        connection.execute(
            update(notice_deliveries)
            .where(_d.id.in_(ids))
            .values(lease_ms=lease_ms, message=message, attempts=attempts)
        )
        return Parcel(message, rows[0].address, ids, attempts, _facts(connection, ids))


_ALARM: Final = (
    alarms.c.state.label("alarm_state"),
    alarms.c.area,
    alarms.c.agency,
    alarms.c.assignee_kind,
    alarms.c.assignee_id,
)


def _resolved(targets: Iterable[str], row: Row[Any]) -> Iterable[str]:
    for target in targets:
        if target == "agency":
            if row.agency:
                yield f"agency:{row.agency}"
        elif target == "assignee":
            if row.assignee_id:
                word = "agency" if row.assignee_kind == "agency" else "user"
                yield f"{word}:{row.assignee_id}"
        else:
            yield target


def _facts(connection: Connection, deliveries: Sequence[int]) -> tuple[AlarmFacts, ...]:
    a = alarms.c
    query = (
        select(a.id, a.kind, a.severity, a.node, a.camera, a.site, a.first_at_ms, a.count, _n.step, _n.round)
        .join(alarm_notices, _n.alarm == a.id)
        .join(notice_deliveries, _d.notice == _n.id)
        .where(_d.id.in_(deliveries))
        .order_by(_d.id)
    )
    return tuple(AlarmFacts(**row) for row in connection.execute(query).mappings())


def _close(connection: Connection, notice: int, attempts: int, error: str, now_ms: int) -> None:
    """A notice whose deliveries have all ended has ended; before, it tells of the last error."""
    states = set(connection.execute(select(_d.state).where(_d.notice == notice)).scalars())
    if "waiting" in states:
        values = {"attempts": attempts, "detail": error[:500]}
        connection.execute(update(alarm_notices).where(_n.id == notice).values(**values))
        return
    _finish(connection, notice, "sent" if "sent" in states else "failed", error, now_ms, attempts=attempts)


def _finish(
    connection: Connection, notice: int, state: str, detail: str, now_ms: int, *, attempts: int = 0
) -> None:
    connection.execute(
        update(alarm_notices)
        .where(_n.id == notice)
        .values(state=state, detail=detail[:500], done_ms=now_ms, attempts=attempts)
    )
