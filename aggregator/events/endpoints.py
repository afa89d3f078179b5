"""`/api/v1/events`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from aggregator.events.repository import EventFilter
from aggregator.events.schemas import EventPage, EventView
from aggregator.events.service import EventsService
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.web.params import CursorParam, LimitParam, NameParam, NodeParam, SinceParam, UntilParam
from aggregator.web.responses import problems


def events_router(service: EventsService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1/events", tags=["events"])
    reads = Depends(guard.requires(Permission.EVENTS_READ))

    @router.get("", responses=problems(400, 401, 403, 422, 429, 503), summary="List events")
    def page(
        *,
        who: Annotated[Principal, reads],
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
        sites = guard.sites_for(who, Permission.EVENTS_READ)
        return service.page(EventFilter(node, kind, camera, since, until, sites), cursor=cursor, limit=limit)

    @router.get("/{event_id}", responses=problems(401, 403, 404, 422, 429, 503), summary="Show one event")
    def show(
        event_id: Annotated[str, Path(max_length=80, description="`{node}:{stream}:{seq}`")],
        who: Annotated[Principal, reads],
    ) -> EventView:
        """One event with all its fields."""
        return service.get(event_id, guard.sites_for(who, Permission.EVENTS_READ))

    return router
