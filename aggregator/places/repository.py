"""Reads and writes areas, agencies, routes, sites and cameras.

Every change raises the version in the same transaction, by which readers know that what they hold is old.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Row, Table, delete, insert, select, update

from aggregator.places.areas import Area, AreaKind
from aggregator.places.cameras import CameraPlace
from aggregator.places.routing import Route
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.places_tables import (
    agencies,
    areas,
    cameras,
    place_versions,
    routes,
    sites,
)
from aggregator.storage.relational.tables import nodes


@dataclass(frozen=True, slots=True)
class Agency:
    """A body that cases are given to, over its life."""

    id: str
    name: str
    name_en: str = ""
    parent: str = ""
    email: str = ""
    phone: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where nodes stand."""

    id: str
    name: str
    kind: str = ""
    area: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Everything that is known of places at one version."""

    version: int
    areas: tuple[Area, ...]
    agencies: Mapping[str, Agency]
    routes: tuple[Route, ...]
    sites: Mapping[str, Site]
    cameras: Mapping[tuple[str, str], CameraPlace]
    node_sites: Mapping[str, str]


class PlacesRepository:
    """One engine's places."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> int:
        """How often anything has changed."""
        with reading(self._engine) as connection:
            return _version(connection)

    def all(self) -> Places:
        """One state of everything: some thousands of rows, kept in memory by the service."""
        with reading(self._engine) as connection:
            return Places(
                _version(connection),
                tuple(_area(row) for row in connection.execute(select(areas))),
                {row.id: _agency(row) for row in connection.execute(select(agencies))},
                tuple(_route(row) for row in connection.execute(select(routes))),
                {row.id: _site(row) for row in connection.execute(select(sites))},
                {(row.node, row.camera): _camera(row) for row in connection.execute(select(cameras))},
                {
                    row.node: row.site
                    for row in connection.execute(
                        select(nodes.c.node, nodes.c.site).where(nodes.c.site != "")
                    )
                },
            )

    def put_areas(self, connection: Connection, wanted: Iterable[Area]) -> None:
        """Add areas, or replace what is said of those that are there."""
        rows = [_area_columns(area) for area in wanted]
        _put(connection, areas, rows, ("id",))

    def put_agency(self, connection: Connection, agency: Agency) -> None:
        """Add or replace one."""
        _put(
            connection,
            agencies,
            [
                {
                    "id": agency.id,
                    "name": agency.name,
                    "name_en": agency.name_en,
                    "parent": agency.parent,
                    "email": agency.email,
                    "phone": agency.phone,
                    "valid_from": _text(agency.valid_from),
                    "valid_to": _text(agency.valid_to),
                    "successor": agency.successor,
                }
            ],
            ("id",),
        )

    def put_route(self, connection: Connection, route: Route) -> None:
        """Add or replace one."""
        _put(
            connection,
            routes,
            [
                {
                    "id": route.id,
                    "category": route.category,
                    "area": route.area,
                    "agency": route.agency,
                    "valid_from": _text(route.valid_from),
                    "valid_to": _text(route.valid_to),
                }
            ],
            ("id",),
        )

    def put_site(self, connection: Connection, site: Site, now: datetime) -> None:
        """Add or replace one."""
        _put(
            connection,
            sites,
            [
                {
                    "id": site.id,
                    "name": site.name,
                    "kind": site.kind,
                    "area": site.area,
                    "address": site.address,
                    "lat": site.lat,
                    "lon": site.lon,
                    "created_at_ms": to_ms(now),
                    "closed_at_ms": None if site.closed_at is None else to_ms(site.closed_at),
                }
            ],
            ("id",),
        )

    def put_camera(self, connection: Connection, place: CameraPlace, now: datetime) -> None:
        """Place a camera on the map, or move it."""
        _put(
            connection,
            cameras,
            [
                {
                    "node": place.node,
                    "camera": place.camera,
                    "site": place.site,
                    "name": place.name,
                    "lat": place.lat,
                    "lon": place.lon,
                    "heading_deg": place.heading_deg,
                    "fov_deg": place.fov_deg,
                    "range_m": place.range_m,
                    "placed_at_ms": to_ms(now),
                }
            ],
            ("node", "camera"),
        )

    def move_node(self, connection: Connection, node: str, site: str) -> bool:
        """Say at which site a node stands; False when there is no such node."""
        done = connection.execute(update(nodes).where(nodes.c.node == node).values(site=site))
        _raise_version(connection)
        return done.rowcount > 0

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction for `put_…`, so that a change and its audit entry go together."""
        return writing(self._engine)


def _put(connection: Connection, table: Table, rows: list[dict[str, object]], key: tuple[str, ...]) -> None:
    """Insert rows in the place of those with the same key."""
    for row in rows:
        same = [table.c[name] == row[name] for name in key]
        connection.execute(delete(table).where(*same))
    if rows:
        connection.execute(insert(table), rows)
    _raise_version(connection)


def _version(connection: Connection) -> int:
    return int(connection.execute(select(place_versions.c.version)).scalar_one())


def _raise_version(connection: Connection) -> None:
    connection.execute(update(place_versions).values(version=place_versions.c.version + 1))


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _area_columns(area: Area) -> dict[str, object]:
    return {
        "id": area.id,
        "code": area.code,
        "kind": area.kind.value,
        "name": area.name,
        "parent": area.parent,
        "valid_from": _text(area.valid_from),
        "valid_to": _text(area.valid_to),
        "successor": area.successor,
        "outline": "",
    }


def _area(row: Row[tuple[object, ...]]) -> Area:
    return Area(
        row.id,
        row.code,
        AreaKind(row.kind),
        row.name,
        row.parent,
        _day(row.valid_from),
        _day(row.valid_to),
        row.successor,
    )


def _agency(row: Row[tuple[object, ...]]) -> Agency:
    return Agency(
        row.id,
        row.name,
        row.name_en,
        row.parent,
        row.email,
        row.phone,
        _day(row.valid_from),
        _day(row.valid_to),
        row.successor,
    )


def _route(row: Row[tuple[object, ...]]) -> Route:
    return Route(
        row.id, row.category, row.area, row.agency, date.fromisoformat(row.valid_from), _day(row.valid_to)
    )


def _site(row: Row[tuple[object, ...]]) -> Site:
    closed = None if row.closed_at_ms is None else from_ms(row.closed_at_ms)
    return Site(row.id, row.name, row.kind, row.area, row.address, row.lat, row.lon, closed)


def _camera(row: Row[tuple[object, ...]]) -> CameraPlace:
    return CameraPlace(
        row.node,
        row.camera,
        row.site,
        "",
        row.name,
        row.lat,
        row.lon,
        row.heading_deg,
        row.fov_deg,
        row.range_m,
    )
