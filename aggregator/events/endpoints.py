"""`/api/v1/events`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from aggregator.events.repository import EventFilter
from aggregator.events.schemas import EventPage, EventView
from aggregator.events.service import EventsService
from aggregator.identity.guard import Guard
from aggregator.web.params import CursorParam, LimitParam, NameParam, NodeParam, SinceParam, UntilParam
from aggregator.web.responses import problems


def events_router(service: EventsService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1/events", tags=["events"], dependencies=[Depends(guard.reader)])

    @router.get("", responses=problems(400, 401, 403, 422), summary="List events")
    def page(
        *,
        node: NodeParam = None,
        kind: NameParam = None,
        camera: NameParam = None,
        since: SinceParam = None,
        until: UntilParam = None,
        cursor: CursorParam = None,
        limit: LimitParam = 100,
    ) -> EventPage:
        """Events by time of occurrence, newest first.

        A page's `next_cursor` continues after its last event; events that come meanwhile neither
        repeat nor hide any.
        """
        return service.page(EventFilter(node, kind, camera, since, until), cursor=cursor, limit=limit)

    @router.get("/{event_id}", responses=problems(401, 403, 404), summary="Show one event")
    def show(
        event_id: Annotated[str, Path(max_length=80, description="`{node}:{stream}:{seq}`")],
    ) -> EventView:
        """One event with all its fields."""
        return service.get(event_id)

    return router
