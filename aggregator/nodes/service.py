"""Registers nodes, notes what they say of themselves, tells who is there.

Invariant: an account is made on the broker before the node is registered, and taken away before it
is marked revoked, so that a crash between the two leaves nothing that the same request, sent again,
would not put right.
"""

import functools
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.errors import ConflictError, NotFoundError
from aggregator.nodes.presence import ALIVE, BORN, GONE, Presence, Status, advance, verdict
from aggregator.nodes.repository import NodeRecord, NodesRepository
from aggregator.nodes.schemas import CameraView, NodeAccount, NodeCounts, NodeView
from fleet.wire.messages import NodeState
from fleet.wire.topics import is_node_id

_log = logging.getLogger(__name__)
_NAMED_IN_CONFLICT = 5


class Credentials(Protocol):
    """What a client connects with."""

    @property
    def user(self) -> str: ...  # noqa: D102
    @property
    def password(self) -> str: ...  # noqa: D102
    @property
    def client_id(self) -> str: ...  # noqa: D102


class Accounts(Protocol):
    """The part of a broker that the slice needs; see broker/broker.py."""

    @property
    def url(self) -> str:
        """Where nodes connect."""
        ...

    def ensure_nodes(self, node_ids: Iterable[str]) -> Sequence[Credentials]:
        """Accounts of these nodes, live when this returns."""
        ...

    def revoke_node(self, node_id: str) -> bool:
        """Take an account away and cut its session."""
        ...


class NodesService:
    """The slice's use cases. `clock` gives aware UTC; `listener` hears of every node that changed."""

    def __init__(
        self,
        repository: NodesRepository,
        accounts: Accounts,
        clock: Callable[[], datetime],
        listener: Callable[[NodeView], None],
    ) -> None:
        self._repository = repository
        self._accounts = accounts
        self._clock = clock
        self._listener = listener
        self._silent: set[str] = set()

    def register(self, ids: Iterable[str], *, rotate: bool) -> list[NodeAccount]:
        """Make broker accounts; raises ConflictError when an id exists and `rotate` is not asked."""
        wanted = list(dict.fromkeys(ids))
        known = self._repository.registered(wanted)
        if known and not rotate:
            named = ", ".join(sorted(known)[:_NAMED_IN_CONFLICT])
            raise ConflictError(
                f"{len(known)} of these ids are registered ({named}): "
                "leave them out, or pass rotate=true to give them new passwords"
            )
        for node in sorted(known):
            self._accounts.revoke_node(node)
        made = self._accounts.ensure_nodes(wanted)
        self._repository.register(wanted, self._clock())
        _log.info("registered %d nodes, %d of them with a new password", len(wanted), len(known))
        return [
            NodeAccount(
                node=node,
                broker_url=self._accounts.url,
                user=account.user,
                password=account.password,
                client_id=account.client_id,
            )
            for node, account in zip(wanted, made, strict=True)
        ]

    def revoke(self, node: str, sites: frozenset[str] | None = None) -> None:
        """Take a node's account away and cut its session; raises NotFoundError."""
        record = self._record(node, sites)
        if record is None or record.revoked_at is not None:
            raise NotFoundError(f"no node {node!r} is registered; GET /api/v1/nodes lists them")
        self._accounts.revoke_node(node)
        self._repository.revoke(node, self._clock())
        self._listener(self.get(node))
        _log.info("revoked node %s", node)

    def get(self, node: str, sites: frozenset[str] | None = None) -> NodeView:
        """One node, if it stands on one of `sites` (None: anywhere); raises NotFoundError."""
        record = self._record(node, sites)
        if record is None:
            raise NotFoundError(f"no node {node!r} is known; GET /api/v1/nodes lists them")
        return view_of(record, self._clock())

    def page(self, *, after: str, limit: int, sites: frozenset[str] | None = None) -> list[NodeView]:
        """Nodes by id, after the id `after`; those on `sites` (None: all)."""
        now = self._clock()
        found = self._repository.page(after=after, limit=limit, sites=sites)
        return [view_of(record, now) for record in found]

    def counts(self, sites: frozenset[str] | None = None) -> NodeCounts:
        """Registered nodes by status, now; those on `sites` (None: all)."""
        found = self._repository.count(self._clock(), sites)
        return NodeCounts(
            total=found.online + found.stale + found.offline + found.unseen,
            online=found.online,
            stale=found.stale,
            offline=found.offline,
            unseen=found.unseen,
        )

    def ids_on(self, sites: frozenset[str]) -> frozenset[str]:
        """Ids of the nodes that stand on these sites."""
        return self._repository.ids_on(sites) if sites else frozenset()

    def note_states(self, states: Sequence[tuple[str, NodeState]], received_at: datetime) -> None:
        """Take births, heartbeats and wills into account, in order; what changes is committed on return."""
        by_node: dict[str, list[NodeState]] = {}
        for node, state in states:
            if state.phase in {BORN, ALIVE, GONE}:
                by_node.setdefault(node, []).append(state)
            else:
                _log.warning("node %s says phase %r, which this version does not know", node, state.phase)
        if not by_node:
            return
        changes = {node: _advance_by(said, received_at) for node, said in by_node.items()}
        for record in self._repository.change_presences(changes, received_at):
            self._listener(view_of(record, received_at))

    def tell_silent(self) -> None:
        """Tell the listener of nodes that fell silent since the call before, or came back."""
        now = self._clock()
        silent: set[str] = set()
        for record in self._repository.online():
            view = view_of(record, now)
            if view.status is Status.STALE:
                silent.add(view.node)
                if view.node not in self._silent:
                    self._listener(view)
        self._silent = silent

    def _record(self, node: str, sites: frozenset[str] | None) -> NodeRecord | None:
        record = self._repository.get(node) if is_node_id(node) else None
        return None if record is None or (sites is not None and record.site not in sites) else record


def _advance_by(
    states: Sequence[NodeState], received_at: datetime
) -> Callable[[Presence | None], Presence | None]:
    def change(before: Presence | None) -> Presence | None:
        return functools.reduce(lambda now, state: advance(now, state, received_at), states, before)

    return change


def view_of(record: NodeRecord, now: datetime) -> NodeView:
    """A node as shown at `now`."""
    found = verdict(record.presence, now)
    presence = record.presence
    state = presence.state if presence is not None else NodeState(session=0, phase="", at_ms=0)
    return NodeView(
        node=record.node,
        site=record.site,
        status=found.status,
        since=found.since,
        why=found.why,
        last_seen=None if presence is None else presence.received_at,
        session=state.session,
        clock=state.clock,
        cameras=[
            CameraView(camera=each.camera, status=each.status, fps=each.fps, detail=each.detail)
            for each in state.cameras
        ],
        outbox_rows=state.outbox_rows,
        outbox_age_s=state.outbox_age_s,
        stream=state.stream.hex(),
        last_seq=state.last_seq,
        watermark=record.watermark,
        agent_version=state.agent_version,
        model=state.model,
        hardware=state.hardware,
        uptime_s=state.uptime_s,
        detail=state.detail,
        heartbeat_s=30.0 if presence is None else presence.heartbeat_s,
        registered_at=record.created_at,
        revoked_at=record.revoked_at,
    )
