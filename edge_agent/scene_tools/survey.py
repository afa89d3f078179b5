"""Surveyed points: from a CSV file or the command line to metres east and north. Pure.

Latitude and longitude become metres on the plane that touches the WGS 84 ellipsoid at the origin; over the
few hundred metres that a camera sees, the plane is right to millimetres.
"""

import csv
import io
from collections.abc import Iterable
from math import cos, isfinite, radians, sin, sqrt
from typing import Final

from edge_agent.scene.homography import Surveyed
from edge_agent.scene_tools.errors import SurveyError

_HALF_AXIS_M: Final = 6_378_137.0
_ECCENTRICITY_2: Final = 6.694_379_990_14e-3
_NUMBERS: Final = 4
_FARTHEST_M: Final = 5_000.0
_METRES: Final = ("x", "y", "east", "north")
_DEGREES: Final = ("x", "y", "lat", "lon")
_OTHER_NAMES: Final = {
    "east_m": "east",
    "north_m": "north",
    "latitude": "lat",
    "longitude": "lon",
    "lng": "lon",
}

Degrees = tuple[float, float]
"""Latitude, longitude."""


def parse_point(text: str) -> tuple[float, float, float, float]:
    """Four numbers with commas between them.

    Raises:
        SurveyError: it is not that.
    """
    parts = text.split(",")
    if len(parts) != _NUMBERS:
        raise SurveyError(f"point {text!r}: {len(parts)} values: write x,y,east,north")
    x, y, one, other = (_number(part, f"point {text!r}") for part in parts)
    return (x, y, one, other)


def parse_origin(text: str) -> Degrees:
    """`LAT,LON` in degrees.

    Raises:
        SurveyError: it is not that.
    """
    parts = text.split(",")
    if len(parts) != 2:  # noqa: PLR2004 - latitude and longitude
        raise SurveyError(f"origin {text!r}: write LAT,LON in degrees, such as 16.0544,108.2022")
    return (_number(parts[0], f"origin {text!r}"), _number(parts[1], f"origin {text!r}"))


def parse_points(text: str, name: str) -> tuple[list[tuple[float, float, float, float]], bool]:
    """The points of a CSV text with a header line; columns `x,y,east,north` or `x,y,lat,lon`, others ignored.

    Returns:
        The points, and whether they are in degrees.

    Raises:
        SurveyError: a column or a number is missing.
    """
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if not line.lstrip().startswith("#")]
    table = "\n".join(lines).strip()
    rows = [row for row in csv.reader(io.StringIO(table), delimiter=_delimiter(table)) if any(row)]
    if not rows:
        raise SurveyError(f"{name}: is empty: write a line x,y,east,north and a line a point")
    found = [column.strip().lower() for column in rows[0]]
    header = [_OTHER_NAMES.get(column, column) for column in found]
    for wanted, degrees in ((_METRES, False), (_DEGREES, True)):
        if all(column in header for column in wanted):
            at = [header.index(column) for column in wanted]
            return [_row(row, at, f"{name}, row {number}") for number, row in enumerate(rows[1:], 2)], degrees
    raise SurveyError(
        f"{name}: its first line names {', '.join(found)}: name the columns x,y,east,north or x,y,lat,lon"
    )


def surveyed(
    points: Iterable[tuple[float, float, float, float]],
    *,
    degrees: bool,
    origin: Degrees | None,
    size: tuple[int, int] | None,
) -> tuple[Surveyed, ...]:
    """Points as the scene file has them: normalised, in metres.

    Args:
        points: x, y, and east, north or latitude, longitude.
        degrees: the latter are degrees.
        origin: what is 0, 0 in metres; the first point when left out.
        size: width and height of the picture when x and y are pixels.

    Raises:
        SurveyError: a value is out of range.
    """
    found = []
    for number, (x, y, one, other) in enumerate(points, 1):
        if degrees:
            origin = origin or (one, other)
            _check_degrees(one, other, number)
            east, north = metres_from(origin, (one, other))
        else:
            east, north = one, other
        if max(abs(east), abs(north)) > _FARTHEST_M and degrees:
            raise SurveyError(
                f"point {number}: is {max(abs(east), abs(north)) / 1000:.0f} km from the origin: "
                "check --origin, and that latitude comes before longitude"
            )
        found.append((*_share(x, y, size, number), round(east, 3), round(north, 3)))
    return tuple(found)


def metres_from(origin: Degrees, place: Degrees) -> tuple[float, float]:
    """Metres east and north of a place from the origin, both in degrees."""
    latitude = radians(origin[0])
    bend = 1 - _ECCENTRICITY_2 * sin(latitude) ** 2
    along_meridian = _HALF_AXIS_M * (1 - _ECCENTRICITY_2) / bend**1.5
    along_parallel = _HALF_AXIS_M / sqrt(bend) * cos(latitude)
    return (
        radians(place[1] - origin[1]) * along_parallel,
        radians(place[0] - origin[0]) * along_meridian,
    )


def _share(x: float, y: float, size: tuple[int, int] | None, number: int) -> tuple[float, float]:
    if size is not None:
        x, y = x / size[0], y / size[1]
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise SurveyError(
            f"point {number}: x, y = {x:g}, {y:g} is outside the picture: give shares from 0 to 1, or pixels "
            "with --size WIDTHxHEIGHT"
        )
    return (round(x, 6), round(y, 6))


def _check_degrees(latitude: float, longitude: float, number: int) -> None:
    if not (-90 < latitude < 90 and -180 <= longitude <= 180):  # noqa: PLR2004 - the globe
        raise SurveyError(f"point {number}: {latitude:g}, {longitude:g} are no degrees: latitude comes first")


def _row(row: list[str], at: list[int], place: str) -> tuple[float, float, float, float]:
    if len(row) <= max(at):
        raise SurveyError(f"{place}: has {len(row)} values: give one for every column")
    x, y, one, other = (_number(row[index], place) for index in at)
    return (x, y, one, other)


def _number(text: str, place: str) -> float:
    try:
        value = float(text.strip())
    except ValueError as error:
        raise SurveyError(f"{place}: {text.strip()!r} is no number: write 12.5, with a point") from error
    if not isfinite(value):
        raise SurveyError(f"{place}: {text.strip()!r} is no number: write 12.5, with a point")
    return value


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return ";" if ";" in first else "\t" if "\t" in first else ","
