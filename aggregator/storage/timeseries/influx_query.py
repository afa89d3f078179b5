"""Typed queries as InfluxQL text, and its answers as points. Pure.

Invariant: nothing of a caller's text is passed on unquoted, and names come from enums.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aggregator.storage.timeseries.influx_answer import Series
from aggregator.storage.timeseries.store import NS_PER_MS, Aggregate, Point, SeriesQuery, Tag

_NS_PER_S: Final = 1_000_000_000
_MS_PER_S: Final = 1000
_QUOTED: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n"})
_NAMED: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a query's range, int64 ms; `start_ms` is in, `end_ms` is out."""

    start_ms: int
    end_ms: int


def quoted(text: str) -> str:
    """A string literal."""
    return f"'{text.translate(_QUOTED)}'"


def named(text: str) -> str:
    """An identifier."""
    return f'"{text.translate(_NAMED)}"'


def answers_nothing(query: SeriesQuery) -> bool:
    """Tell whether a filter leaves no row, which InfluxQL has no words for."""
    return any(
        not each.values or (each.tag is Tag.NAME and query.name not in each.values) for each in query.filters
    )


def points_influxql(query: SeriesQuery, part: Slice) -> str:
    """Statement for one slice; LIMIT is left to the caller, for InfluxQL limits each series by itself."""
    clauses = [f"time >= {part.start_ms * NS_PER_MS}", f"time < {part.end_ms * NS_PER_MS}"]
    for each in query.filters:
        if each.tag is not Tag.NAME:
            either = " OR ".join(f"{named(each.tag)} = {quoted(value)}" for value in each.values)
            clauses.append(f"({either})")
    groups = [named(tag) for tag in query.group_by if tag is not Tag.NAME]
    if query.bucket_s is not None:
        groups.insert(0, f"time({query.bucket_s}s)")
    group_by = f" GROUP BY {', '.join(groups)}" if groups else ""
    fill = " fill(none)" if query.bucket_s is not None else ""
    function = _function(query.aggregate)
    where = " AND ".join(clauses)
    # Names come from enums, texts are quoted.
    return (
        f'SELECT {function}("value") AS "value", count("value") AS "rows" FROM {named(query.name)}'  # noqa: S608
        f" WHERE {where}{group_by}{fill}"
    )


def points_of(query: SeriesQuery, answer: Iterable[Series]) -> list[Point]:
    """Points by time and then by tags."""
    points = []
    for series in answer:
        tags = tuple(
            query.name if tag is Tag.NAME else series.tags.get(tag.value, "") for tag in query.group_by
        )
        for time_ns, value, rows in series.values:
            if isinstance(time_ns, int) and isinstance(value, int | float) and isinstance(rows, int):
                start_ms = query.start_ms if query.bucket_s is None else time_ns // NS_PER_MS
                points.append(Point(start_ms, tags, float(value), rows))
    points.sort(key=lambda point: (point.start_ms, point.tags))
    return points


def slices_of(query: SeriesQuery, first_buckets: int, most_buckets: int) -> Iterable[Slice]:
    """The range in slices that end at bucket edges, each twice as wide as the one before."""
    if query.bucket_s is None:
        yield Slice(query.start_ms, query.end_ms)
        return
    width_ms = query.bucket_s * _MS_PER_S
    start, buckets = query.start_ms, first_buckets
    while start < query.end_ms:
        end = min(query.end_ms, (start // width_ms + buckets) * width_ms)
        yield Slice(start, end)
        start, buckets = end, min(buckets * 2, most_buckets)


def _function(aggregate: Aggregate) -> str:
    return aggregate.value
