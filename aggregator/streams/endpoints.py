"""`/api/v1/streams` and `/api/v1/dead-letters`."""

from typing import Annotated

from fastapi import APIRouter, Depends

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.streams.schemas import DeadLetterPage, StreamPage
from aggregator.streams.service import StreamsService
from aggregator.web.params import CursorParam, LimitParam, NodeParam
from aggregator.web.responses import problems


def streams_router(service: StreamsService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1", tags=["streams"])
    reads = Depends(guard.requires(Permission.STREAMS_READ))

    @router.get("/streams", responses=problems(400, 401, 403, 422, 429, 503), summary="Audit streams")
    def page(
        who: Annotated[Principal, reads],
        node: NodeParam = None,
        cursor: CursorParam = None,
        limit: LimitParam = 100,
    ) -> StreamPage:
        """For each node and stream: watermark, holes, and counts over both stores, made now.

        Counting reads every row of the streams shown: ask for one node where there is much.
        """
        return service.page(
            node=node, cursor=cursor, limit=limit, sites=guard.sites_for(who, Permission.STREAMS_READ)
        )

    @router.get(
        "/dead-letters", responses=problems(400, 401, 403, 422, 429, 503), summary="List dead letters"
    )
    def dead_letters(
        who: Annotated[Principal, reads],
        node: NodeParam = None,
        cursor: CursorParam = None,
        limit: LimitParam = 100,
    ) -> DeadLetterPage:
        """Payloads that gave no fact, newest first, with their bytes and the reason."""
        return service.dead_letters(
            node=node, cursor=cursor, limit=limit, sites=guard.sites_for(who, Permission.STREAMS_READ)
        )

    return router
