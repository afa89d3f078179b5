"""`/api/v1/timeseries`: upkeep of the embedded store, which only the process that owns it can do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.timeseries.schemas import BackUpView, CompactedView
from aggregator.timeseries.service import TimeSeriesService
from aggregator.web.responses import problems


def timeseries_router(service: TimeSeriesService, guard: Guard) -> APIRouter:
    """Endpoints over `service`; they need a key that may change the server."""
    admins = guard.requires(Permission.TIMESERIES_ADMIN, everywhere=True)
    router = APIRouter(prefix="/api/v1/timeseries", tags=["timeseries"], dependencies=[Depends(admins)])

    @router.post("/backup", responses=problems(401, 403, 409, 422, 429, 503), summary="Back the store up")
    def back_up(
        name: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$|^$")] = "",
    ) -> BackUpView:
        """Copy one state of the store into the server's directory of back-ups, while it runs."""
        return service.back_up(name)

    @router.post("/compact", responses=problems(401, 403, 409, 429, 503), summary="Write the store anew")
    def compact() -> CompactedView:
        """Give back the room of what was removed; reads and writes wait meanwhile."""
        return service.compact()

    return router
