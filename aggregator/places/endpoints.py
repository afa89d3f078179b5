"""`/api/v1/{areas, agencies, routes, sites, cameras}`, and where a node stands.

Areas, agencies and routes are the same for everybody who may read places; sites and cameras are shown within
the caller's areas.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Query, Response, status
from sqlalchemy import Connection
from uuid6 import uuid7

from aggregator.audit.entry import AuditEntry
from aggregator.errors import ForbiddenError, NotFoundError
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.places.areas import Area
from aggregator.places.cameras import CameraPlace
from aggregator.places.official import official_areas, read_areas
from aggregator.places.repository import Agency, Site
from aggregator.places.routing import Route
from aggregator.places.schemas import (
    Agencies,
    AgencyGiven,
    AgencyView,
    AreaPage,
    AreasGiven,
    AreaView,
    CameraGiven,
    Cameras,
    CameraView,
    Imported,
    NodeMoved,
    Routed,
    RouteGiven,
    Routes,
    RouteView,
    SiteGiven,
    Sites,
    SiteView,
)
from aggregator.places.service import PlacesService, Record
from aggregator.web.cursors import decode_cursor, encode_cursor
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems
from fleet.wire.site_kinds import kind_of

Day = Annotated[date | None, Query(description="as things were on this day; today without it")]
SlugPath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$", max_length=64)]
NamePath = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f/]{1,64}$")]


class Log(Protocol):
    """The audit log."""

    def append(self, connection: Connection, entry: AuditEntry) -> None:
        """Write an entry in the caller's transaction."""


class _Parts:
    """What the endpoints share."""

    def __init__(self, service: PlacesService, guard: Guard, log: Log, clock: Callable[[], datetime]) -> None:
        self.service = service
        self.guard = guard
        self._log = log
        self._clock = clock

    def record(self, who: Principal) -> Record:
        """Entries by whoever asks."""

        def write(
            connection: Connection, action: str, subject: str, *, area: str, detail: Mapping[str, str]
        ) -> None:
            self._log.append(
                connection, entry_by(who, action, subject, self._clock(), area=area, detail=detail)
            )

        return write

    def must_reach(self, who: Principal, area: str) -> None:
        """Raise ForbiddenError unless they may change places in this area."""
        roots = who.areas_for(Permission.PLACES_WRITE)
        areas = self.service.within(roots)
        if areas is not None and area not in areas:
            raise ForbiddenError("this place is outside your areas: ask whoever administers it")


def places_router(service: PlacesService, guard: Guard, log: Log, clock: Callable[[], datetime]) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1", tags=["places"], responses=problems(401, 403, 422))
    parts = _Parts(service, guard, log, clock)
    _add_areas(router, parts)
    _add_agencies(router, parts)
    _add_routes(router, parts)
    _add_sites(router, parts)
    _add_cameras(router, parts)
    return router


def _add_areas(router: APIRouter, parts: _Parts) -> None:
    service = parts.service
    reads = Depends(parts.guard.requires(Permission.PLACES_READ))
    everywhere = parts.guard.requires(Permission.AGENCIES_WRITE, everywhere=True)

    @router.get("/areas", dependencies=[reads], summary="List areas")
    def list_areas(
        parent: Annotated[str | None, Query(max_length=36, description="only those right below it")] = None,
        at: Day = None,
        cursor: CursorParam = None,
        limit: LimitParam = 200,
    ) -> AreaPage:
        """Areas of a day by id; `parent=` (empty) gives the provinces."""
        after = "" if cursor is None else decode_cursor(cursor, tuple[str])[0]
        day = at or service.today()
        found = sorted(
            (
                area
                for area in service.everything().areas
                if area.is_valid(day) and area.id > after and (parent is None or area.parent == parent)
            ),
            key=lambda area: area.id,
        )
        items = [_area_view(area) for area in found[:limit]]
        more = len(found) > limit
        return AreaPage(items=items, next_cursor=encode_cursor((items[-1].id,)) if more else None)

    @router.post("/areas/import", summary="Import areas", responses=problems(400))
    def import_areas(wanted: AreasGiven, who: Annotated[Principal, Depends(everywhere)]) -> Imported:
        """Add areas and change those that are there; everything, or nothing when one line is wrong."""
        given = official_areas() if wanted.official else read_areas(wanted.csv, "csv")
        counts = service.import_areas(given, parts.record(who), dry_run=wanted.dry_run)
        return Imported(**counts, dry_run=wanted.dry_run)


def _add_agencies(router: APIRouter, parts: _Parts) -> None:
    service = parts.service
    reads = Depends(parts.guard.requires(Permission.PLACES_READ))
    writes = parts.guard.requires(Permission.AGENCIES_WRITE, everywhere=True)

    @router.get("/agencies", dependencies=[reads], summary="List agencies")
    def list_agencies() -> Agencies:
        """All agencies, of all days."""
        found = service.everything().agencies
        return Agencies(items=[_agency_view(found[key]) for key in sorted(found)])

    @router.put("/agencies/{agency}", summary="Add or change an agency")
    def put_agency(
        agency: SlugPath, given: AgencyGiven, who: Annotated[Principal, Depends(writes)]
    ) -> AgencyView:
        """An agency that ends gets `valid_to` and a successor; it is never removed."""
        return _agency_view(service.put_agency(Agency(id=agency, **given.model_dump()), parts.record(who)))


def _add_routes(router: APIRouter, parts: _Parts) -> None:
    service = parts.service
    reads = Depends(parts.guard.requires(Permission.PLACES_READ))
    writes = parts.guard.requires(Permission.AGENCIES_WRITE, everywhere=True)

    @router.get("/routes", dependencies=[reads], summary="List routes")
    def list_routes() -> Routes:
        """All routes, of all days."""
        return Routes(items=[_route_view(route) for route in service.everything().routes])

    @router.get("/routes/resolve", dependencies=[reads], summary="Where a case goes")
    def resolve(
        category: Annotated[str, Query(min_length=1, max_length=64)],
        area: Annotated[str, Query(max_length=36)] = "",
        at: Day = None,
    ) -> Routed:
        """The agency of a case of this category in this area."""
        return Routed(agency=service.agency_for(category, area, at), path=list(service.path(area, at)))

    @router.post(
        "/routes", status_code=status.HTTP_201_CREATED, summary="Add a route", responses=problems(400)
    )
    def add_route(given: RouteGiven, who: Annotated[Principal, Depends(writes)]) -> RouteView:
        """From a day on; the route that held until then must end on that day."""
        route = Route(id=str(uuid7()), **given.model_dump())
        return _route_view(service.put_route(route, parts.record(who)))

    @router.put("/routes/{route}", summary="Change a route", responses=problems(400, 404))
    def put_route(
        route: NamePath, given: RouteGiven, who: Annotated[Principal, Depends(writes)]
    ) -> RouteView:
        """Chiefly to end it, by `valid_to`."""
        if route not in {each.id for each in service.everything().routes}:
            raise NotFoundError(f"there is no route {route!r}; GET /api/v1/routes lists them")
        changed = Route(id=route, **given.model_dump())
        return _route_view(service.put_route(changed, parts.record(who)))


def _add_sites(router: APIRouter, parts: _Parts) -> None:
    service = parts.service
    reads = parts.guard.requires(Permission.PLACES_READ)
    writes = parts.guard.requires(Permission.PLACES_WRITE)

    @router.get("/sites", summary="List sites")
    def list_sites(who: Annotated[Principal, Depends(reads)]) -> Sites:
        """Sites within the caller's areas."""
        seen = service.sites_within(who.areas_for(Permission.PLACES_READ))
        found = service.everything().sites
        return Sites(items=[_site_view(found[key]) for key in sorted(found) if seen is None or key in seen])

    @router.put("/sites/{site}", summary="Add or change a site", responses=problems(400))
    def put_site(site: SlugPath, given: SiteGiven, who: Annotated[Principal, Depends(writes)]) -> SiteView:
        """A junction, a hospital, a one-stop shop, a station."""
        parts.must_reach(who, service.area_of_site(site) or given.area)
        parts.must_reach(who, given.area)
        return _site_view(service.put_site(Site(id=site, **given.model_dump()), parts.record(who)))

    @router.put(
        "/nodes/{node}/site",
        status_code=status.HTTP_204_NO_CONTENT,
        summary="Say where a node stands",
        responses=problems(400, 404),
    )
    def move_node(node: NamePath, given: NodeMoved, who: Annotated[Principal, Depends(writes)]) -> Response:
        """Measurements and alarms carry the site from the next one on."""
        parts.must_reach(who, service.area_of_site(service.site_of_node(node)))
        parts.must_reach(who, service.area_of_site(given.site))
        service.move_node(node, given.site, parts.record(who))
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _add_cameras(router: APIRouter, parts: _Parts) -> None:
    service = parts.service
    reads = parts.guard.requires(Permission.PLACES_READ)
    writes = parts.guard.requires(Permission.PLACES_WRITE)

    @router.get("/cameras", summary="List cameras on the map")
    def list_cameras(who: Annotated[Principal, Depends(reads)]) -> Cameras:
        """Cameras that were placed, within the caller's areas."""
        seen = service.sites_within(who.areas_for(Permission.PLACES_READ))
        found = [service.site_of_camera(*key) for key in sorted(service.everything().cameras)]
        return Cameras(items=[_camera_view(each) for each in found if seen is None or each.site in seen])

    @router.put("/cameras/{node}/{camera}", summary="Place a camera", responses=problems(400))
    def put_camera(
        node: NamePath, camera: NamePath, given: CameraGiven, who: Annotated[Principal, Depends(writes)]
    ) -> CameraView:
        """Where it stands, where it looks, how wide and how far."""
        parts.must_reach(who, service.site_of_camera(node, camera).area)
        site = given.site or service.site_of_node(node)
        parts.must_reach(who, service.area_of_site(site))
        place = CameraPlace(node=node, camera=camera, **given.model_dump())
        return _camera_view(service.put_camera(place, parts.record(who)))


def _area_view(area: Area) -> AreaView:
    return AreaView(
        id=area.id,
        code=area.code,
        kind=area.kind,
        name=area.name,
        parent=area.parent,
        valid_from=area.valid_from,
        valid_to=area.valid_to,
        successor=area.successor,
    )


def _agency_view(agency: Agency) -> AgencyView:
    return AgencyView(
        id=agency.id,
        name=agency.name,
        name_en=agency.name_en,
        parent=agency.parent,
        email=agency.email,
        phone=agency.phone,
        valid_from=agency.valid_from,
        valid_to=agency.valid_to,
        successor=agency.successor,
    )


def _route_view(route: Route) -> RouteView:
    return RouteView(
        id=route.id,
        category=route.category,
        area=route.area,
        agency=route.agency,
        valid_from=route.valid_from,
        valid_to=route.valid_to,
    )


def _site_view(site: Site) -> SiteView:
    return SiteView(
        id=site.id,
        name=site.name,
        kind=kind_of(site.id) or "",
        area=site.area,
        address=site.address,
        lat=site.lat,
        lon=site.lon,
    )


def _camera_view(place: CameraPlace) -> CameraView:
    return CameraView(
        node=place.node,
        camera=place.camera,
        site=place.site,
        area=place.area,
        name=place.name,
        lat=place.lat,
        lon=place.lon,
        heading_deg=place.heading_deg,
        fov_deg=place.fov_deg,
        range_m=place.range_m,
        outline=list(place.outline()),
    )
