"""Answers what is where, and changes it; each change is in the audit log.

Invariants: what is in memory is at most `FRESH_S` older than the database, whoever changed it; readers see
one state of everything.

Threads: any; a lock guards the one state.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Final, Protocol

from sqlalchemy import Connection

from aggregator.errors import CallerError, NotFoundError
from aggregator.places.areas import Area, AreaTree, problems_of
from aggregator.places.cameras import CameraPlace
from aggregator.places.repository import Agency, Places, PlacesRepository, Site
from aggregator.places.routing import EVERY, Route, agency_for
from fleet.wire.site_kinds import kind_of

FRESH_S: Final = 1.0
LOCAL: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_MOST_TOLD: Final = 5


class BadPlaceError(CallerError):
    """What was said of a place cannot be."""

    code = "bad_place"
    title = "Not a possible place"


class Record(Protocol):
    """Writes into the audit log in the transaction of the change; the caller has bound who does it."""

    def __call__(
        self, connection: Connection, action: str, subject: str, *, area: str, detail: Mapping[str, str]
    ) -> None:
        """Write one entry."""


@dataclass(frozen=True, slots=True)
class _State:
    places: Places
    tree: AreaTree


class PlacesService:
    """The slice's use cases; `clock` gives aware UTC, `monotonic` seconds."""

    def __init__(
        self,
        repository: PlacesRepository,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state: _State | None = None
        self._checked_s = 0.0

    def today(self) -> date:
        """The day in Vietnam."""
        return self._clock().astimezone(LOCAL).date()

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        """Areas of these roots and all below, those that went into them too; None is everywhere."""
        if roots is None:
            return None
        return self._now().tree.within(roots, at or self.today())

    def path(self, area: str, at: date | None = None) -> tuple[str, ...]:
        """An area as it is on a day and those above it, nearest first."""
        return self._now().tree.path(area, at or self.today())

    def area_of_site(self, site: str) -> str:
        """The area of a site; empty when nobody has said."""
        found = self._now().places.sites.get(site)
        return found.area if found else ""

    def sites_within(self, roots: frozenset[str] | None) -> frozenset[str] | None:
        """Sites of these areas and all below; None is every site, the unplaced ones too."""
        areas = self.within(roots)
        if areas is None:
            return None
        return frozenset(site.id for site in self._now().places.sites.values() if site.area in areas)

    def site_of_node(self, node: str) -> str:
        """Where a node stands; empty when nobody has said."""
        return self._now().places.node_sites.get(node, "")

    def site_of_camera(self, node: str, camera: str) -> CameraPlace:
        """A camera's place, its site being its node's when it has none of its own."""
        places = self._now().places
        found = places.cameras.get((node, camera), CameraPlace(node, camera))
        site = found.site or places.node_sites.get(node, "")
        area = self.area_of_site(site)
        return CameraPlace(
            node,
            camera,
            site,
            area,
            found.name,
            found.lat,
            found.lon,
            found.heading_deg,
            found.fov_deg,
            found.range_m,
        )

    def cameras_seeing(self, lat: float, lon: float, slack_m: float = 0.0) -> list[CameraPlace]:
        """Cameras whose view covers a point of the map."""
        places = self._now().places
        return [
            self.site_of_camera(*key)
            for key, place in sorted(places.cameras.items())
            if place.sees(lat, lon, slack_m)
        ]

    def agency_for(self, category: str, area: str, at: date | None = None) -> str:
        """The agency of a case; empty when no route leads anywhere."""
        at = at or self.today()
        state = self._now()
        return agency_for(state.places.routes, category, state.tree.path(area, at), at)

    def everything(self) -> Places:
        """One state of everything."""
        return self._now().places

    def import_areas(self, wanted: Iterable[Area], record: Record, *, dry_run: bool) -> dict[str, int]:
        """Add areas and replace those that are there; raises BadPlaceError and then changes nothing.

        Returns how many are new, changed and as they were.
        """
        mine = {area.id: area for area in self._fresh().places.areas}
        given = list(wanted)
        if problems := problems_of([*(a for i, a in mine.items() if i not in {g.id for g in given}), *given]):
            more = f"; and {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
            raise BadPlaceError("; ".join(problems[:_MOST_TOLD]) + more)
        new = [area for area in given if area.id not in mine]
        changed = [area for area in given if area.id in mine and mine[area.id] != area]
        counts = {"new": len(new), "changed": len(changed), "same": len(given) - len(new) - len(changed)}
        if not dry_run and (new or changed):
            with self._repository.writing() as connection:
                self._repository.put_areas(connection, [*new, *changed])
                detail = {key: str(count) for key, count in counts.items()}
                record(connection, "areas.imported", "areas", area="", detail=detail)
            self._forget()
        return counts

    def put_agency(self, agency: Agency, record: Record) -> Agency:
        """Add or change an agency."""
        with self._repository.writing() as connection:
            self._repository.put_agency(connection, agency)
            record(connection, "agency.put", f"agency:{agency.id}", area="", detail={"name": agency.name})
        self._forget()
        return agency

    def put_route(self, route: Route, record: Record) -> Route:
        """Add or change a route; raises BadPlaceError when it leads nowhere or doubles another."""
        places = self._fresh().places
        if route.agency not in places.agencies:
            raise BadPlaceError(f"there is no agency {route.agency!r}: make it first")
        if route.area and route.area not in {area.id for area in places.areas}:
            raise BadPlaceError(f"there is no area {route.area!r}: import it first")
        for other in places.routes:
            same = (other.category, other.area) == (route.category, route.area) and other.id != route.id
            if same and _overlap(other, route):
                raise BadPlaceError(
                    f"route {other.id} says already where {route.category!r} of this area goes then: "
                    "end it on the day on which this one begins"
                )
        with self._repository.writing() as connection:
            self._repository.put_route(connection, route)
            detail = {"category": route.category, "agency": route.agency, "from": str(route.valid_from)}
            record(connection, "route.put", f"route:{route.id}", area=route.area, detail=detail)
        self._forget()
        return route

    def put_site(self, site: Site, record: Record) -> Site:
        """Add or change a site; raises BadPlaceError when its area does not exist today, or its id lies."""
        site = of_its_kind(site)
        if site.area and self._fresh().tree.resolve(site.area, self.today()) != site.area:
            raise BadPlaceError(f"area {site.area!r} does not exist today: give the one that it went into")
        with self._repository.writing() as connection:
            self._repository.put_site(connection, site, self._clock())
            record(connection, "site.put", f"site:{site.id}", area=site.area, detail={"name": site.name})
        self._forget()
        return site

    def put_camera(self, place: CameraPlace, record: Record) -> CameraPlace:
        """Place a camera on the map; raises BadPlaceError for a site that is not there."""
        self._known_site(place.site)
        with self._repository.writing() as connection:
            self._repository.put_camera(connection, place, self._clock())
            subject = f"camera:{place.node}/{place.camera}"
            area = self.area_of_site(place.site)
            record(connection, "camera.placed", subject, area=area, detail={"site": place.site})
        self._forget()
        return self.site_of_camera(place.node, place.camera)

    def move_node(self, node: str, site: str, record: Record) -> None:
        """Say at which site a node stands; raises NotFoundError, BadPlaceError."""
        self._known_site(site)
        with self._repository.writing() as connection:
            if not self._repository.move_node(connection, node, site):
                raise NotFoundError(f"no node {node!r} is known; GET /api/v1/nodes lists them")
            area = self.area_of_site(site)
            record(connection, "node.moved", f"node:{node}", area=area, detail={"site": site})
        self._forget()

    def _known_site(self, site: str) -> None:
        if site and site not in self._fresh().places.sites:
            raise BadPlaceError(f"there is no site {site!r}: make it first")

    def _now(self) -> _State:
        with self._lock:
            state = self._state
            if state is not None and self._monotonic() - self._checked_s < FRESH_S:
                return state
            self._checked_s = self._monotonic()
            if state is None or self._repository.version() != state.places.version:
                self._state = state = self._read()
            return state

    def _fresh(self) -> _State:
        self._forget()
        return self._now()

    def _forget(self) -> None:
        with self._lock:
            self._checked_s = -FRESH_S

    def _read(self) -> _State:
        places = self._repository.all()
        return _State(places, AreaTree(places.areas))


def of_its_kind(site: Site) -> Site:
    """The site with the kind that its id begins with; raises BadPlaceError when another one is said.

    Boards choose sites by what their ids begin with (fleet/wire/site_kinds.py), so the two are one fact.
    """
    found = kind_of(site.id)
    if site.kind and site.kind != found:
        raise BadPlaceError(
            f"site {site.id!r} cannot be of kind {site.kind!r}: boards find sites of a kind by their ids, "
            f"so call it {site.kind}-{site.id}, or leave the kind empty"
        )
    return replace(site, kind="" if found is None else found.value)


def _overlap(one: Route, other: Route) -> bool:
    return (one.valid_to is None or other.valid_from < one.valid_to) and (
        other.valid_to is None or one.valid_from < other.valid_to
    )


__all__ = ["EVERY", "BadPlaceError", "PlacesService", "Record"]
