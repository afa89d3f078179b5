"""Places as HTTP shows and takes them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from aggregator.places.areas import AreaKind
from fleet.wire.site_kinds import SiteKind

Text = Annotated[str, Field(max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$", description="2–64 of a–z, 0–9 and '-'")]
AreaId = Annotated[str, Field(max_length=36, pattern=r"^[A-Za-z0-9-]*$", description="id of an area")]
Lat = Annotated[float | None, Field(ge=-90, le=90, description="degrees north, WGS 84")]
Lon = Annotated[float | None, Field(ge=-180, le=180, description="degrees east")]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AreaView(BaseModel):
    """An area over its life."""

    id: str
    code: str
    kind: AreaKind
    name: str
    parent: str
    valid_from: date | None
    valid_to: Annotated[date | None, Field(description="first day on which it is no more")]
    successor: Annotated[str, Field(description="id of the area that took it in")]


class AreaPage(BaseModel):
    """Areas by id."""

    items: list[AreaView]
    next_cursor: str | None


class AreasGiven(_Given):
    """Areas as CSV, with the columns of the official list; or that list itself."""

    csv: Annotated[str, Field(max_length=900_000)] = ""
    official: Annotated[bool, Field(description="take the list that is shipped instead of `csv`")] = False
    dry_run: Annotated[bool, Field(description="check and count, change nothing")] = False


class Imported(BaseModel):
    """What an import came to."""

    new: int
    changed: int
    same: int
    dry_run: bool


class AgencyGiven(_Given):
    """An agency."""

    name: Name
    name_en: Text = ""
    parent: Annotated[str, Field(max_length=64)] = ""
    email: Annotated[str, Field(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    phone: Annotated[str, Field(max_length=32, pattern=r"^[0-9 +().-]*$")] = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Annotated[str, Field(max_length=64)] = ""


class AgencyView(AgencyGiven):
    """An agency by its id."""

    id: str


class Agencies(BaseModel):
    """All agencies, of all days."""

    items: list[AgencyView]


class RouteGiven(_Given):
    """Cases of a category in an area go to an agency, from a day on."""

    category: Annotated[str, Field(min_length=1, max_length=64, description="`*` for every category")]
    area: AreaId = ""
    agency: Slug
    valid_from: date
    valid_to: date | None = None


class RouteView(RouteGiven):
    """A route by its id."""

    id: str


class Routes(BaseModel):
    """All routes, of all days."""

    items: list[RouteView]


class Routed(BaseModel):
    """Where a case of a category in an area goes on a day."""

    agency: Annotated[str, Field(description="empty when no route leads anywhere")]
    path: Annotated[list[str], Field(description="the area and those above it, nearest first")]


class SiteGiven(_Given):
    """A place where nodes stand."""

    name: Name
    kind: Annotated[
        SiteKind | Literal[""],
        Field(
            description="what the place is for; its id then begins with it, as boards choose sites by that"
        ),
    ] = ""
    area: AreaId = ""
    address: Annotated[str, Field(max_length=500)] = ""
    lat: Lat = None
    lon: Lon = None


class SiteView(SiteGiven):
    """A site by its id."""

    id: str


class Sites(BaseModel):
    """Sites by id."""

    items: list[SiteView]


class CameraGiven(_Given):
    """Where a camera stands and looks."""

    site: Annotated[str, Field(max_length=64, description="empty: the site of its node")] = ""
    name: Text = ""
    lat: Lat = None
    lon: Lon = None
    heading_deg: Annotated[float, Field(ge=0, lt=360, description="clockwise from north")] = 0.0
    fov_deg: Annotated[float, Field(gt=0, le=360)] = 60.0
    range_m: Annotated[float, Field(gt=0, le=5000)] = 50.0


class CameraView(CameraGiven):
    """A camera on the map; `outline` is its view as (lat, lon), empty when it was not placed."""

    node: str
    camera: str
    area: str
    outline: list[tuple[float, float]]


class Cameras(BaseModel):
    """Cameras by node and id."""

    items: list[CameraView]


class NodeMoved(_Given):
    """Where a node stands from now on; empty takes it from where it stood."""

    site: Annotated[str, Field(max_length=64)] = ""
