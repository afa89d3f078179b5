"""Rows of the statements as the series of an answer. Pure; times are int64 ns since 1970."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aggregator.storage.timeseries.influxql.buckets import Line, Value, computed, filled, missing, transformed
from aggregator.storage.timeseries.influxql.duckdb_sql import Reading, Scan, ranged
from aggregator.storage.timeseries.influxql.plan import Aggregate, Node, Operation, Plan, Transform
from aggregator.storage.timeseries.influxql.syntax import FillKind, Literal, Page, Ref, Select
from aggregator.storage.timeseries.influxql.windows import MIN_NS, Range

Cell = str | int | float | bool | None
Row = tuple[Cell, ...]
Tags = tuple[str, ...]
Points = dict[Aggregate, list[tuple[int, Cell]]]
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer; the first cell of a row is its time where the first column is `time`."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gives; `partial` when rows were cut off at the cap, `zone` what its tz names."""

    series: tuple[Series, ...] = ()
    partial: bool = False
    zone: str = ""


def aggregated(
    select: Select, plan: Plan, reading: Reading, scans: Iterable[tuple[Scan, Sequence[Any]]]
) -> Answer:
    """Series of buckets."""
    points = _points(len(plan.tags), scans)
    found = []
    for tags in _ordered(points, select):
        if any(aggregate.function == "distinct" for aggregate in plan.aggregates):
            rows = _listed(points[tags][plan.aggregates[0]], select)
        else:
            lines = {call: _line(call, points[tags], select, reading) for call in plan.calls}
            rows = _merged(lines, plan, select)
        if rows:
            found.append(_series(select, plan, tags, rows))
    return Answer(tuple(found))


def raw(select: Select, plan: Plan, rows: Sequence[Row], most: int) -> Answer:
    """Series of points as they are, or of running functions over them."""
    width = len(plan.tags)
    groups: dict[Tags, list[Row]] = {}
    for row in rows[:most]:
        groups.setdefault(tuple(str(tag) for tag in row[:width]), []).append(row[width:])
    found = []
    for tags in _ordered(groups, select):
        if plan.calls:
            lines = {call: _running(call, groups[tags], plan) for call in plan.calls}
            made = _merged(lines, plan, select)
        else:
            made = [_raw_row(row, plan) for row in groups[tags]]
        if made:
            found.append(_series(select, plan, tags, made))
    return Answer(tuple(found), partial=len(rows) > most)


def _series(select: Select, plan: Plan, tags: Tags, rows: Sequence[Row]) -> Series:
    columns = ("time", *(column.name for column in plan.columns))
    return Series(select.source.measurement, columns, rows, dict(zip(plan.tags, tags, strict=True)))


def _ordered(found: Iterable[Tags], select: Select) -> list[Tags]:
    """Series by their tags, those that SLIMIT and SOFFSET leave."""
    ordered = _paged(sorted(found), select.series_page)
    return ordered[::-1] if select.descending else ordered


def _paged(items: list[ItemT], page: Page) -> list[ItemT]:
    return items[page.offset : page.offset + page.limit if page.limit else None]


def _points(width: int, scans: Iterable[tuple[Scan, Sequence[Any]]]) -> dict[Tags, Points]:
    found: dict[Tags, Points] = {}
    for scan, rows in scans:
        for row in rows:
            tags = tuple(str(tag) for tag in row[:width])
            points = found.setdefault(tags, {})
            for number, aggregate in enumerate(scan.aggregates):
                value, count = row[width + 1 + 2 * number : width + 3 + 2 * number]
                if count and value is None and aggregate.function == "stddev":
                    value = math.nan
                if count and value is not None:
                    points.setdefault(aggregate, []).append((row[width], value))
    return found


def _line(call: Aggregate | Transform, points: Points, select: Select, reading: Reading) -> Line:
    """Points of a function over buckets, in the order of the answer."""
    if isinstance(call, Transform):
        if isinstance(call.of, Ref):
            return []
        return transformed(_line(call.of, points, select, reading), call)
    line = [(at, value) for at, value in points.get(call, []) if not isinstance(value, str)]
    line.sort(key=_time_of, reverse=select.descending)
    if reading.windows is None or not line:
        return line
    within = ranged(reading, call.early)
    if within.start_ns == MIN_NS:
        within = Range(min(at for at, _ in line), within.end_ns)
    starts = reading.windows.starts(within, descending=select.descending)
    return filled(line, starts, select.fill, call)


def _running(call: Aggregate | Transform, rows: Sequence[Row], plan: Plan) -> Line:
    """Points of a running function over raw points."""
    if isinstance(call, Aggregate) or isinstance(call.of, Aggregate):
        return []
    place = 1 + plan.refs.index(call.of)
    cells = ((row[0], row[place]) for row in rows)
    points: Line = [(at, v) for at, v in cells if isinstance(at, int) and not isinstance(v, str)]
    return transformed(points, call)


def _listed(points: Iterable[tuple[int, Cell]], select: Select) -> list[Row]:
    """Rows of distinct(): several at one time."""
    found: list[Row] = list(points)
    found.sort(key=_time_of, reverse=select.descending)
    return _paged(found, select.page)


def _merged(lines: Mapping[Aggregate | Transform, Line], plan: Plan, select: Select) -> list[Row]:
    """Rows of the times that any line has; LIMIT and OFFSET cut each line, as InfluxDB does."""
    cut = {call: dict(_paged(line, select.page)) for call, line in lines.items()}
    times = sorted({at for line in cut.values() for at in line}, reverse=select.descending)
    keeps = select.fill.kind is FillKind.PREVIOUS
    known: dict[Node, Value] = {}
    rows: list[Row] = []
    for at in times:
        for call, line in cut.items():
            value = line.get(at)
            if value is not None:
                known[call] = value
            elif not keeps:
                known[call] = missing(select.fill, integer=call.integer)
        rows.append((at, *(_shown(_value(column.node, known)) for column in plan.columns)))
    return rows


def _value(node: Node, known: Mapping[Node, Value]) -> Value:
    match node:
        case Literal():
            return node.value
        case Operation(op, left, right):
            return computed(op, _value(left, known), _value(right, known))
        case _:
            return known.get(node)


def _shown(value: Value) -> Value:
    """What JSON can say: no NaN and no infinity."""
    return value if value is None or math.isfinite(value) else None


def _time_of(point: tuple[Any, ...]) -> int:
    return int(point[0])


def _raw_row(row: Row, plan: Plan) -> Row:
    known = dict(zip(plan.refs, row[1:], strict=True))
    return (row[0], *(_raw_cell(column.node, known) for column in plan.columns))


def _raw_cell(node: Node, known: Mapping[Ref, Cell]) -> Cell:
    if isinstance(node, Ref):
        return known[node]
    numbers: dict[Node, Value] = {ref: cell for ref, cell in known.items() if not isinstance(cell, str)}
    return _shown(_value(node, numbers))
