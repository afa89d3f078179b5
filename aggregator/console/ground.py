"""What lies under the map: lines and areas of the city's own file, and tiles where they are configured.

Invariants: without configuration nothing is fetched from anywhere; a file is parsed whole at the start, so
that a mistake in it is told then and not in somebody's browser. Neighbours: static/ground.js draws it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from aggregator.errors import ConfigError
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission

MOST_BYTES: Final = 8_000_000
MOST_POINTS: Final = 200_000
_MOST_LAT: Final = 90.0
_MOST_LON: Final = 180.0
_PLACEHOLDERS: Final = ("{z}", "{x}", "{y}")

Position = Annotated[tuple[float, ...], msgspec.Meta(min_length=2, max_length=3)]
"""Longitude, latitude, and perhaps a height, which a map does not show."""


class _LineString(msgspec.Struct, frozen=True, tag_field="type", tag="LineString"):
    coordinates: tuple[Position, ...]


class _MultiLineString(msgspec.Struct, frozen=True, tag_field="type", tag="MultiLineString"):
    coordinates: tuple[tuple[Position, ...], ...]


class _Polygon(msgspec.Struct, frozen=True, tag_field="type", tag="Polygon"):
    coordinates: tuple[tuple[Position, ...], ...]


class _MultiPolygon(msgspec.Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    coordinates: tuple[tuple[tuple[Position, ...], ...], ...]


_Geometry = _LineString | _MultiLineString | _Polygon | _MultiPolygon


class _Properties(msgspec.Struct, frozen=True):
    name: str | None = None
    kind: Literal["water", "green", "road", "border", "other"] | None = None


class _Feature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    geometry: _Geometry
    properties: _Properties | None = None


class _FeatureCollection(msgspec.Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    features: tuple[_Feature, ...]


class Shape(msgspec.Struct, frozen=True):
    """A line, or the ring of an area; `points` are (lat, lon)."""

    name: str
    kind: str
    is_area: bool
    points: tuple[tuple[float, float], ...]


class Ground(msgspec.Struct, frozen=True):
    """What the page's script gets; `tiles` is a URL with {z}, {x} and {y}, or empty."""

    tiles: str = ""
    attribution: str = ""
    shapes: tuple[Shape, ...] = ()

    @property
    def image_origin(self) -> str:
        """Where pictures may come from besides this server, for the content security policy."""
        parts = urlsplit(self.tiles)
        return f"{parts.scheme}://{parts.netloc}" if self.tiles else ""


BARE: Final = Ground()
"""Nothing under the map: what an empty configuration gives."""


def parse_shapes(content: bytes) -> tuple[Shape, ...]:
    """Shapes of a GeoJSON FeatureCollection (RFC 7946) of lines and polygons; raises ConfigError."""
    if len(content) > MOST_BYTES:
        raise ConfigError(f"map.basemap has {len(content)} bytes, {MOST_BYTES} at most: simplify it")
    try:
        collection = msgspec.json.decode(content, type=_FeatureCollection)
    except msgspec.ValidationError as error:
        raise ConfigError(
            "map.basemap is a GeoJSON FeatureCollection of lines and polygons in degrees (longitude first), "
            f"and this one is not: {error}"
        ) from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"map.basemap is not JSON: {error}") from error
    shapes = tuple(shape for feature in collection.features for shape in _shapes(feature))
    points = sum(len(shape.points) for shape in shapes)
    if points > MOST_POINTS:
        raise ConfigError(f"map.basemap has {points} points, {MOST_POINTS} at most: simplify it")
    return shapes


def _shapes(feature: _Feature) -> Iterator[Shape]:
    properties = feature.properties or _Properties()
    for line, is_area in _lines(feature.geometry):
        points = tuple((position[1], position[0]) for position in line)
        for lat, lon in points:
            if abs(lat) > _MOST_LAT or abs(lon) > _MOST_LON:
                raise ConfigError(
                    f"map.basemap has the point {[lon, lat]}, which is no longitude and latitude in degrees: "
                    "convert the file to WGS 84"
                )
        yield Shape(properties.name or "", properties.kind or "other", is_area, points)


def _lines(geometry: _Geometry) -> Iterator[tuple[tuple[Position, ...], bool]]:
    match geometry:
        case _LineString(line):
            yield line, False
        case _MultiLineString(lines):
            yield from ((line, False) for line in lines)
        case _Polygon(rings):
            yield from ((ring, True) for ring in rings)
        case _MultiPolygon(polygons):
            yield from ((ring, True) for polygon in polygons for ring in polygon)


def read_ground(basemap: str, tiles: str, attribution: str) -> Ground:
    """The ground of a configuration's `[map]`; raises ConfigError."""
    if tiles and not all(each in tiles for each in _PLACEHOLDERS):
        raise ConfigError(f"map.tiles is {tiles!r}: put {{z}}, {{x}} and {{y}} where the server wants them")
    if tiles and not attribution:
        raise ConfigError("map.attribution is missing: write whose tiles they are, as their licence asks")
    if not basemap:
        return Ground(tiles, attribution)
    try:
        content = Path(basemap).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read map.basemap {basemap}: {error.strerror}") from error
    return Ground(tiles, attribution, parse_shapes(content))


def ground_router(ground: Ground, guard: Guard) -> APIRouter:
    """`/console/ground`, for who sees places."""
    router = APIRouter(include_in_schema=False)
    body = msgspec.json.encode(ground)
    sees = Depends(guard.requires(Permission.PLACES_READ))

    @router.get("/console/ground", dependencies=[sees])
    def show() -> Response:
        return Response(
            body, media_type="application/json", headers={"Cache-Control": "private, max-age=600"}
        )

    return router
