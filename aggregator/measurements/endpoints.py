"""`/api/v1/measurements`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.measurements.schemas import CatalogueView, SeriesPage
from aggregator.measurements.service import MeasurementsService, SeriesRequest
from aggregator.storage.timeseries.store import Aggregate
from aggregator.web.params import CursorParam, NameParam, NodeParam, SinceParam, UntilParam
from aggregator.web.responses import problems

_LONGEST_BUCKET_S = 366 * 86_400


def measurements_router(service: MeasurementsService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1/measurements", tags=["measurements"])
    reads = Depends(guard.requires(Permission.MEASUREMENTS_READ))

    @router.get(
        "/catalogue",
        dependencies=[reads],
        responses=problems(401, 403, 429, 503),
        summary="Show the catalogue",
    )
    def catalogue() -> CatalogueView:
        """Names, units, tags and meanings of the measurements."""
        return service.catalogue()

    @router.get("", responses=problems(400, 401, 403, 422, 429, 503), summary="Read a series")
    def page(
        *,
        who: Annotated[Principal, reads],
        name: Annotated[str, Query(pattern=r"^[^\x00-\x1f\x7f]{1,64}$", description="see /catalogue")],
        node: NodeParam = None,
        source: NameParam = None,
        zone_or_line: NameParam = None,
        class_name: Annotated[str | None, Query(alias="class", pattern=r"^[^\x00-\x1f\x7f]{1,64}$")] = None,
        since: SinceParam = None,
        until: UntilParam = None,
        bucket_s: Annotated[int, Query(ge=1, le=_LONGEST_BUCKET_S, description="aligned to 1970 UTC")] = 60,
        aggregate: Annotated[Aggregate | None, Query(description="default: the catalogue's")] = None,
        cursor: CursorParam = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> SeriesPage:
        """Values in buckets, one series for each node, source, zone or line, class and direction.

        Without `since` and `until`, the last hour. Empty buckets are left out: no data is not zero.
        """
        sites = guard.sites_for(who, Permission.MEASUREMENTS_READ)
        request = SeriesRequest(
            name, node, source, zone_or_line, class_name, since, until, bucket_s, aggregate, sites
        )
        return service.page(request, cursor=cursor, limit=limit)

    return router
