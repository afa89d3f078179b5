"""`/api/v1/live`: server-sent events, at most four updates a second.

Invariant: a client that does not read for a minute is cut, and there are never more clients than
the limit, so that forgotten consoles cost nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Send

from aggregator.errors import DependencyError
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.live.hub import LiveHub
from aggregator.live.update import Sees
from aggregator.web.responses import problems

MAX_CLIENTS: Final = 500
STUCK_S: Final = 60.0


class TooManyConsolesError(DependencyError):
    """All places of the live feed are taken."""

    code = "too_many_consoles"


class _Places:
    """Counts open feeds; used in the event loop alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def check(self) -> None:
        if self._taken >= self._limit:
            raise TooManyConsolesError(
                f"{self._limit} live feeds are open: close some, or read /api/v1/events"
            )

    def take(self) -> None:
        self._taken += 1

    def leave(self) -> None:
        self._taken -= 1


class _FeedResponse(StreamingResponse):
    """Gives its place back at the end, and ends when the client stops reading."""

    def __init__(self, frames: AsyncIterator[bytes], places: _Places) -> None:
        super().__init__(
            frames,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._places = places

    async def stream_response(self, send: Send) -> None:
        async def patient_send(message: Message) -> None:
            async with asyncio.timeout(STUCK_S):
                await send(message)

        self._places.take()
        try:
            await super().stream_response(patient_send)
        except TimeoutError:
            return
        finally:
            self._places.leave()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Nodes and alarms that a follower sees; None for all, no nodes for a feed of alarms alone."""

    nodes: frozenset[str] | None
    alarms: Sees | None


_NO_NODE: Final = frozenset({""})
"""Of somebody who sees events and in whose areas no node stands."""
NodesOn = Callable[[frozenset[str]], frozenset[str]]
"""Gives the nodes that stand on sites."""
AlarmsSeen = Callable[[Principal], Sees | None]
"""Tells which alarms somebody sees; None for all."""
After = Annotated[str | None, Query(max_length=64, description="position to go on from; else from now on")]
LastEventId = Annotated[str | None, Header(max_length=64)]


def live_router(
    hub: LiveHub,
    guard: Guard,
    nodes_on: NodesOn,
    alarms_seen: AlarmsSeen,
    *,
    max_clients: int = MAX_CLIENTS,
) -> APIRouter:
    """The endpoints over `hub`.

    Who sees some areas alone follows the nodes that stood there when they connected, which is every ten
    minutes at least.
    """
    router = APIRouter(prefix="/api/v1", tags=["live"])
    places = _Places(max_clients)

    reads_events = guard.requires(Permission.EVENTS_READ)
    reads_alarms = guard.requires(Permission.ALARMS_READ)
    documented: dict[int | str, dict[str, Any]] = {
        200: {
            "content": {"text/event-stream": {}},
            "description": "events `hello`, `update` and `reload`",
        },
        **problems(401, 403, 422, 429, 503),
    }

    def seen(who: Annotated[Principal, Depends(reads_events)]) -> _Seen:
        sites = guard.sites_for(who, Permission.EVENTS_READ)
        return _Seen(None if sites is None else nodes_on(sites) or _NO_NODE, alarms_seen(who))

    def seen_alarms(who: Annotated[Principal, Depends(reads_alarms)]) -> _Seen:
        return _Seen(frozenset(), alarms_seen(who))

    @router.get(
        "/live", responses=documented, summary="Follow what is stored", response_class=StreamingResponse
    )
    async def live(
        mine: Annotated[_Seen, Depends(seen)], after: After = None, last_event_id: LastEventId = None
    ) -> Response:
        """Server-sent events, at most four `update`s a second.

        Each carries the newest events (≤ 50), how many more were stored (`dropped`), the nodes and the alarms
        (`alarm_changes`, cases as they are now) that changed, and counts since the update before.

        A client that comes back with `Last-Event-ID` gets what it missed joined into one update, or
        `reload` when that is no longer kept: read the listings again then.
        """
        places.check()
        return _FeedResponse(hub.follow(last_event_id or after, mine.nodes, mine.alarms), places)

    @router.get(
        "/live/alarms", responses=documented, summary="Follow alarms", response_class=StreamingResponse
    )
    async def live_alarms(
        mine: Annotated[_Seen, Depends(seen_alarms)], after: After = None, last_event_id: LastEventId = None
    ) -> Response:
        """The same feed with `alarm_changes` alone, for whoever works alarms and reads no events."""
        places.check()
        return _FeedResponse(hub.follow(last_event_id or after, mine.nodes, mine.alarms), places)

    return router
