"""Whether a node is there, decided from its state messages alone.

Pure: time comes in. Invariants: a will counts only for the session that is current, so a will of a
connection that was already replaced changes nothing; a retained message that comes again (at every
connection of ours) is not a sign of life; a node that says nothing for three of its own heartbeats
is stale, whatever it said last.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet.wire.messages import NodeState

BORN: Final = "born"
ALIVE: Final = "alive"
GONE: Final = "gone"
DEFAULT_HEARTBEAT_S: Final = 30.0
MISSED_HEARTBEATS: Final = 3
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 600.0
_DECAY: Final = 0.8


class Status(StrEnum):
    """What operators are told of a node."""

    ONLINE = "online"
    OFFLINE = "offline"
    STALE = "stale"
    UNSEEN = "unseen"


class Why(StrEnum):
    """What the status rests on."""

    CONNECTED = "connected"
    CONNECTION_LOST = "connection_lost"
    SHUT_DOWN = "shut_down"
    SILENT = "silent"
    NEVER_CONNECTED = "never_connected"


@dataclass(frozen=True, slots=True)
class Presence:
    """The last state that counted.

    `since` is when the node last changed between there and gone, `received_at` when it was last
    heard, `heartbeat_s` the period that its heartbeats showed.
    """

    state: NodeState
    since: datetime
    received_at: datetime
    heartbeat_s: float = DEFAULT_HEARTBEAT_S


@dataclass(frozen=True, slots=True)
class Verdict:
    """Status at one instant, with the instant that it holds since."""

    status: Status
    since: datetime | None
    why: Why


def advance(before: Presence | None, state: NodeState, received_at: datetime) -> Presence:
    """Presence after `state`; the same object when the message changes nothing."""
    if before is None:
        return Presence(state, received_at, received_at)
    last = before.state
    if (state.session, state.phase, state.at_ms) == (last.session, last.phase, last.at_ms):
        return before
    if state.phase == GONE:
        if state.session != last.session or last.phase == GONE:
            return before
        return replace(before, state=_farewell(last, state), since=received_at, received_at=received_at)
    came_back = last.phase == GONE or state.session != last.session
    return Presence(
        state,
        since=received_at if came_back else before.since,
        received_at=received_at,
        heartbeat_s=before.heartbeat_s if came_back else _heartbeat(before, state, received_at),
    )


def verdict(presence: Presence | None, now: datetime) -> Verdict:
    """Status of a node at `now`."""
    if presence is None:
        return Verdict(Status.UNSEEN, None, Why.NEVER_CONNECTED)
    if presence.state.phase == GONE:
        said_goodbye = presence.state.detail == SHUT_DOWN_DETAIL
        return Verdict(Status.OFFLINE, presence.since, Why.SHUT_DOWN if said_goodbye else Why.CONNECTION_LOST)
    if now - presence.received_at > timedelta(seconds=MISSED_HEARTBEATS * presence.heartbeat_s):
        return Verdict(Status.STALE, presence.received_at, Why.SILENT)
    return Verdict(Status.ONLINE, presence.since, Why.CONNECTED)


SHUT_DOWN_DETAIL: Final = "shut down"
"""`detail` that a goodbye is kept with.

A `gone` that the node itself publishes when it stops is later than all it said before; a will was
written before the birth, and the broker sends it unchanged.
"""


def _farewell(last: NodeState, will: NodeState) -> NodeState:
    """Keep what was known of the node: a will was written at connection time and knows less."""
    return NodeState(
        session=last.session,
        phase=GONE,
        at_ms=will.at_ms,
        clock=last.clock,
        stream=last.stream,
        last_seq=max(last.last_seq, will.last_seq),
        agent_version=last.agent_version,
        model=last.model,
        uptime_s=last.uptime_s,
        outbox_rows=last.outbox_rows,
        outbox_age_s=last.outbox_age_s,
        cameras=last.cameras,
        hardware=last.hardware,
        detail=SHUT_DOWN_DETAIL if will.at_ms > last.at_ms else will.detail,
    )


def _heartbeat(before: Presence, state: NodeState, received_at: datetime) -> float:
    """Follow longer gaps in bounded steps (one may be an outage), shorter ones slowly (one may be extra)."""
    if state.phase != ALIVE:
        return before.heartbeat_s
    gap_s = min((received_at - before.received_at).total_seconds(), MISSED_HEARTBEATS * before.heartbeat_s)
    return min(_LONGEST_S, max(_SHORTEST_S, gap_s, before.heartbeat_s * _DECAY))
