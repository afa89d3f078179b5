"""`/api/v1/city-stage`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from aggregator.alarms.schemas import StageGiven, StageHistory, StageView
from aggregator.alarms.stage import StageService
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.responses import problems


def stage_router(service: StageService, guard: Guard, once: Idempotency) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(
        prefix="/api/v1/city-stage", tags=["city stage"], responses=problems(401, 403, 422, 429, 503)
    )
    reads = Depends(guard.requires(Permission.ALARMS_READ))
    sets = guard.requires(Permission.STAGE_SET, everywhere=True)

    @router.get("", dependencies=[reads], summary="The stage that holds")
    def now() -> StageView:
        """1 (normal) while nobody has set one."""
        return service.now()

    @router.get("/history", dependencies=[reads], summary="Stages so far")
    def history(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> StageHistory:
        """Who set which stage when and why, newest first."""
        return service.history(limit)

    @router.post("", response_model=StageView, summary="Set the stage")
    def set_stage(
        given: StageGiven,
        who: Annotated[Principal, Depends(sets)],
        request: Annotated[Once, Depends(once)],
    ) -> Response:
        """Of the whole city, with the reason."""
        return request.answer(who.id, 200, lambda: service.set(who, given.stage, given.reason))

    return router
