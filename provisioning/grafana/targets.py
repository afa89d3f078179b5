"""InfluxQL queries from typed parts, as Grafana's InfluxDB datasource takes them.

Invariants: names are quoted, values are quoted or written as anchored regexes, and everything that is
built here lies in the subset that the aggregator's `/query` answers; Grafana itself puts in
`$timeFilter`, `$__interval` and the dashboard's variables.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

DATASOURCE_TYPE: Final = "influxdb"
LOCAL_ZONE: Final = "Asia/Ho_Chi_Minh"
AUTO: Final = "$__interval"
"""Bucket that Grafana chooses by the width of the panel: for means and maxima."""
STEP: Final = "$bucket"
"""Bucket that the viewer chooses in the dashboard's head: for sums, whose size depends on it."""

Function = Literal["sum", "mean", "max", "min", "last", "count"]
Fill = Literal["null", "none", "0", "previous"]


@dataclass(frozen=True, slots=True)
class Select:
    """One column: a function over a field, named `name` in the answer."""

    function: Function
    field: str = "value"
    name: str = "value"

    def text(self) -> str:
        """InfluxQL of the column."""
        return f'{self.function}("{self.field}") AS "{self.name}"'


@dataclass(frozen=True, slots=True)
class TagIs:
    """Rows whose tag has this value."""

    tag: str
    value: str

    def text(self) -> str:
        """InfluxQL of the condition."""
        escaped = self.value.replace("\\", "\\\\").replace("'", "\\'")
        return f"\"{self.tag}\" = '{escaped}'"


@dataclass(frozen=True, slots=True)
class TagIn:
    """Rows whose tag is one of `values`."""

    tag: str
    values: tuple[str, ...]

    def text(self) -> str:
        """InfluxQL of the condition: an anchored regex."""
        return f'"{self.tag}" =~ /^({"|".join(re.escape(value) for value in self.values)})$/'


@dataclass(frozen=True, slots=True)
class TagStarts:
    """Rows whose tag begins with one of `prefixes`."""

    tag: str
    prefixes: tuple[str, ...]

    def text(self) -> str:
        """InfluxQL of the condition: a regex anchored at the start."""
        return f'"{self.tag}" =~ /^({"|".join(prefix for prefix in self.prefixes)})/'


@dataclass(frozen=True, slots=True)
class TagNotStarts:
    """Rows whose tag begins with none of `prefixes`; rows without the tag are among them."""

    tag: str
    prefixes: tuple[str, ...]

    def text(self) -> str:
        """InfluxQL of the condition."""
        return f'"{self.tag}" !~ /^({"|".join(prefix for prefix in self.prefixes)})/'


@dataclass(frozen=True, slots=True)
class TagChosen:
    """Rows whose tag is among what the viewer chose in the dashboard's variable `variable`."""

    tag: str
    variable: str

    def text(self) -> str:
        """InfluxQL of the condition; Grafana writes the choice as a regex."""
        return f'"{self.tag}" =~ /^${{{self.variable}:regex}}$/'


Condition = TagIs | TagIn | TagStarts | TagNotStarts | TagChosen


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT: `bucket` None joins the whole range, `by` keeps tags apart, buckets begin in local time.

    `alias` names a series for people, with `$tag_…` for its tags.
    """

    measurement: str
    select: tuple[Select, ...]
    where: tuple[Condition, ...] = ()
    bucket: str | None = AUTO
    by: tuple[str, ...] = ()
    fill: Fill = "null"
    alias: str = ""
    table: bool = False

    def text(self) -> str:
        """The query as Grafana sends it after putting in its variables."""
        columns = ", ".join(column.text() for column in self.select)
        conditions = " AND ".join([*(condition.text() for condition in self.where), "$timeFilter"])
        # Names come from the code of the boards, and the aggregator parses what arrives.
        parts = [f'SELECT {columns} FROM "{self.measurement}" WHERE {conditions}']  # noqa: S608
        groups = ([] if self.bucket is None else [f"time({self.bucket})"]) + [f'"{tag}"' for tag in self.by]
        if groups:
            parts.append(f"GROUP BY {', '.join(groups)}")
        if self.bucket is not None:
            parts.append(f"fill({self.fill})")
            parts.append(f"tz('{LOCAL_ZONE}')")
        return " ".join(parts)


def extremes(
    measurement: str, where: tuple[Condition, ...], functions: tuple[Function, ...] = ("max", "mean", "min")
) -> tuple[Query, ...]:
    """A curve for each function over all that `where` leaves: three lines to read instead of one a place.

    A viewer who chooses one place sees that place's own.
    """
    return tuple(Query(measurement, (Select(each),), where, alias=each) for each in functions)


class InfluxTarget(variants.Dataquery, cog.Builder[variants.Dataquery]):
    """A query of a panel, in the form of Grafana's InfluxDB datasource (InfluxQL, written by hand)."""

    def __init__(self, query: Query, ref_id: str) -> None:
        self._query = query
        self._ref_id = ref_id

    def build(self) -> "InfluxTarget":
        """Return itself: it has nothing left to build."""
        return self

    def to_json(self) -> dict[str, object]:
        """The target as Grafana stores it."""
        target: dict[str, object] = {
            "datasource": datasource(),
            "refId": self._ref_id,
            "rawQuery": True,
            "query": self._query.text(),
            "resultFormat": "table" if self._query.table else "time_series",
        }
        if self._query.alias:
            target["alias"] = self._query.alias
        return target


def datasource() -> DataSourceRef:
    """The datasource that the viewer chose in the dashboard's head."""
    return DataSourceRef(type_val=DATASOURCE_TYPE, uid="${datasource}")
