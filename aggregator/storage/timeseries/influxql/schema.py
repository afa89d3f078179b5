"""Which tags and fields a measurement has, and where they stand. Pure; see docs/timeseries.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    """Type of a field, in InfluxDB's words."""

    FLOAT = "float"
    INTEGER = "integer"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Schema:
    """One table of DuckDB: its tags (empty text is absent) and fields, both columns by the same name.

    `by_name` tells that the table holds many measurements, by the column `name`; `rolled_up` is the
    field that roll-ups are kept of, if any.
    """

    table: str
    tags: tuple[str, ...]
    fields: Mapping[str, FieldType]
    by_name: bool
    rolled_up: str = ""


EVENTS: Final = "events"
_MEASUREMENTS: Final = Schema(
    table="measurements",
    tags=("class", "direction", "node", "site", "source", "zone_or_line"),
    fields={
        "n": FieldType.INTEGER,
        "period_s": FieldType.FLOAT,
        "quality": FieldType.INTEGER,
        "seq": FieldType.INTEGER,
        "stream": FieldType.STRING,
        "value": FieldType.FLOAT,
    },
    by_name=True,
    rolled_up="value",
)
_EVENTS: Final = Schema(
    table="events",
    tags=("class", "direction", "kind", "node", "rule", "site", "source", "zone_or_line"),
    fields={
        "count": FieldType.INTEGER,
        "duration_s": FieldType.FLOAT,
        "id": FieldType.INTEGER,
        "score": FieldType.FLOAT,
        "seq": FieldType.INTEGER,
        "stream": FieldType.STRING,
    },
    by_name=False,
)
SCHEMAS: Final = (_EVENTS, _MEASUREMENTS)


def schema_of(measurement: str) -> Schema:
    """The schema of a measurement; any name but `events` is one of the catalogue's kind."""
    return _EVENTS if measurement == EVENTS else _MEASUREMENTS
