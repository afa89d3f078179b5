"""The `nodes` table: registration and the last state that counted.

Every method is one transaction; SQL is the same on SQLite and PostgreSQL.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, Row, Select, bindparam, case, func, insert, select, update

from aggregator.nodes.presence import ALIVE, BORN, GONE, MISSED_HEARTBEATS, Presence, Status
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.tables import nodes, streams
from fleet.wire.messages import CameraState, NodeState

_CHUNK: Final = 500
_cameras = msgspec.json.Decoder(tuple[CameraState, ...])


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node as stored; `watermark` is that of the stream it speaks on now."""

    node: str
    site: str
    created_at: datetime
    revoked_at: datetime | None
    presence: Presence | None
    watermark: int


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """Registered nodes by status."""

    online: int
    stale: int
    offline: int
    unseen: int


class NodesRepository:
    """Reads and writes nodes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, node: str) -> NodeRecord | None:
        """One node, or None."""
        with reading(self._engine) as connection:
            row = connection.execute(_records().where(nodes.c.node == node)).one_or_none()
        return None if row is None else _record(row)

    def page(self, *, after: str, limit: int, sites: frozenset[str] | None = None) -> list[NodeRecord]:
        """Nodes that are not revoked, by id, after the id `after`; those on `sites` (None: all)."""
        query = (
            _records()
            .where(nodes.c.node > after, nodes.c.revoked_at_ms.is_(None))
            .order_by(nodes.c.node)
            .limit(limit)
        )
        if sites is not None:
            query = query.where(nodes.c.site.in_(sorted(sites)))
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query)]

    def ids_on(self, sites: frozenset[str]) -> frozenset[str]:
        """Ids of the nodes that stand on these sites."""
        query = select(nodes.c.node).where(nodes.c.site.in_(sorted(sites)))
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def online(self) -> list[NodeRecord]:
        """Nodes whose last word was not a farewell."""
        query = _records().where(nodes.c.phase.in_([BORN, ALIVE]), nodes.c.revoked_at_ms.is_(None))
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query)]

    def count(self, now: datetime, sites: frozenset[str] | None = None) -> StatusCounts:
        """Count nodes by the status that presence.verdict would give them; those on `sites` (None: all)."""
        silent_ms = to_ms(now) - 1000 * MISSED_HEARTBEATS * nodes.c.heartbeat_s
        status = case(
            (nodes.c.phase == "", Status.UNSEEN.value),
            (nodes.c.phase == GONE, Status.OFFLINE.value),
            (nodes.c.received_at_ms < silent_ms, Status.STALE.value),
            else_=Status.ONLINE.value,
        ).label("status")
        query = select(status, func.count()).where(nodes.c.revoked_at_ms.is_(None)).group_by(status)
        if sites is not None:
            query = query.where(nodes.c.site.in_(sorted(sites)))
        with reading(self._engine) as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(query)}
        return StatusCounts(
            *(found.get(each, 0) for each in (Status.ONLINE, Status.STALE, Status.OFFLINE, Status.UNSEEN))
        )

    def registered(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are registered and not revoked."""
        query = select(nodes.c.node).where(nodes.c.node.in_(list(ids)), nodes.c.revoked_at_ms.is_(None))
        with reading(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def register(self, ids: Iterable[str], now: datetime) -> None:
        """Make rows for new ids and bring revoked ones back."""
        wanted = list(ids)
        with writing(self._engine) as connection:
            known = set(connection.execute(select(nodes.c.node).where(nodes.c.node.in_(wanted))).scalars())
            fresh = [{"node": node, "created_at_ms": to_ms(now)} for node in wanted if node not in known]
            if fresh:
                connection.execute(insert(nodes), fresh)
            if known:
                connection.execute(update(nodes).where(nodes.c.node.in_(known)).values(revoked_at_ms=None))

    def revoke(self, node: str, now: datetime) -> bool:
        """Mark a node revoked; False when there was none to revoke."""
        with writing(self._engine) as connection:
            done = connection.execute(
                update(nodes)
                .where(nodes.c.node == node, nodes.c.revoked_at_ms.is_(None))
                .values(revoked_at_ms=to_ms(now))
            )
            return done.rowcount > 0

    def change_presences(
        self, changes: Mapping[str, Callable[[Presence | None], Presence | None]], now: datetime
    ) -> list[NodeRecord]:
        """Change the presence of many nodes in one transaction; gives those that it made differ."""
        changed: list[str] = []
        with writing(self._engine) as connection:
            known = {record.node: record for record in _locked(connection, sorted(changes))}
            fresh = [node for node in sorted(changes) if node not in known]
            if fresh:
                connection.execute(
                    insert(nodes), [{"node": node, "created_at_ms": to_ms(now)} for node in fresh]
                )
            updates = []
            for node in sorted(changes):
                before = known[node].presence if node in known else None
                after = changes[node](before)
                if after is not None and after is not before:
                    changed.append(node)
                    updates.append({"of_node": node, **_columns(after)})
            if updates:
                connection.execute(update(nodes).where(nodes.c.node == bindparam("of_node")), updates)
            return [
                _record(row)
                for chunk in _chunks(changed)
                for row in connection.execute(
                    _records().where(nodes.c.node.in_(chunk)).order_by(nodes.c.node)
                )
            ]


def _locked(connection: Connection, wanted: Sequence[str]) -> list[NodeRecord]:
    """Nodes that are known, locked in one order, so that two workers never wait for each other."""
    return [
        _record(row)
        for chunk in _chunks(wanted)
        for row in connection.execute(
            _records().where(nodes.c.node.in_(chunk)).order_by(nodes.c.node).with_for_update(of=nodes)
        )
    ]


def _chunks(wanted: Sequence[str]) -> list[Sequence[str]]:
    return [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]


def _records() -> Select[tuple[object, ...]]:
    joined = nodes.outerjoin(streams, (streams.c.node == nodes.c.node) & (streams.c.stream == nodes.c.stream))
    return select(*nodes.c, streams.c.watermark).select_from(joined)


def _record(row: Row[tuple[object, ...]]) -> NodeRecord:
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read by name
    return NodeRecord(
        node=found["node"],
        site=found["site"],
        created_at=from_ms(found["created_at_ms"]),
        revoked_at=None if found["revoked_at_ms"] is None else from_ms(found["revoked_at_ms"]),
        presence=_presence(row),
        watermark=found["watermark"] or 0,
    )


def _presence(row: Row[tuple[object, ...]]) -> Presence | None:
    found = row._mapping  # noqa: SLF001
    if not found["phase"]:
        return None
    state = NodeState(
        session=found["session"],
        phase=found["phase"],
        at_ms=found["state_at_ms"],
        clock=found["clock"],
        stream=bytes.fromhex(found["stream"]),
        last_seq=found["last_seq"],
        agent_version=found["agent_version"],
        model=found["model"],
        uptime_s=found["uptime_s"],
        outbox_rows=found["outbox_rows"],
        outbox_age_s=found["outbox_age_s"],
        cameras=_cameras.decode(found["cameras"]),
        hardware=found["hardware"],
        detail=found["detail"],
    )
    return Presence(state, from_ms(found["since_ms"]), from_ms(found["received_at_ms"]), found["heartbeat_s"])


def _columns(presence: Presence) -> dict[str, str | int | float]:
    state = presence.state
    return {
        "phase": state.phase,
        "session": state.session,
        "since_ms": to_ms(presence.since),
        "state_at_ms": state.at_ms,
        "received_at_ms": to_ms(presence.received_at),
        "heartbeat_s": presence.heartbeat_s,
        "clock": state.clock,
        "stream": state.stream.hex(),
        "last_seq": state.last_seq,
        "agent_version": state.agent_version,
        "model": state.model,
        "uptime_s": state.uptime_s,
        "outbox_rows": state.outbox_rows,
        "outbox_age_s": state.outbox_age_s,
        "cameras": msgspec.json.encode(state.cameras).decode(),
        "hardware": state.hardware,
        "detail": state.detail,
    }
