"""`/healthz` and `/readyz`."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from aggregator.errors import AggregatorError

_log = logging.getLogger(__name__)
_AWAY: Final = 503
Check = Callable[[], None]
"""Returns when the dependency answers; raises an AggregatorError that says why not."""


class Alive(BaseModel):
    """The process answers."""

    status: str


class Readiness(BaseModel):
    """Whether everything that is needed answers; `reasons` by what is away."""

    ready: bool
    reasons: dict[str, str]


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """Endpoints that need no key, and tell nothing but what is away."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Is the process alive")
    async def healthz() -> Alive:
        """Answer at once; a load balancer restarts what does not."""
        return Alive(status="ok")

    @router.get("/readyz", summary="Does everything answer", response_model=Readiness)
    def readyz() -> Response:
        """503 with the reasons when a store or the broker is away."""
        reasons = {}
        for name, check in checks.items():
            try:
                check()
            except AggregatorError as error:
                _log.warning("not ready, %s: %s", name, error)
                reasons[name] = error.shown
        readiness = Readiness(ready=not reasons, reasons=reasons)
        return JSONResponse(readiness.model_dump(), status_code=_AWAY if reasons else 200)

    return router
