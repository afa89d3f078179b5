"""A planned SELECT as DuckDB statements. Pure: values travel as parameters, names come from schemas.

A statement gives rows of: the tags of GROUP BY, the time, and two columns for each aggregate (its
value, and how many points it was made of); for raw points, the tags, the time, and the refs. Buckets
are computed here; empty ones, `fill` and what runs over buckets belong to `buckets` and `series`.

Aggregates that roll-ups can answer read `Partials`, whose columns are those of docs/timeseries.md.
"""

from dataclasses import dataclass
from itertools import groupby
from math import gcd
from typing import Final

from aggregator.storage.timeseries.influxql.duckdb_where import (
    Clause,
    Parameter,
    quoted,
    tags_alone,
    where_sql,
)
from aggregator.storage.timeseries.influxql.plan import Aggregate, Plan
from aggregator.storage.timeseries.influxql.schema import Schema
from aggregator.storage.timeseries.influxql.syntax import NO_PAGE, Condition, Page, Ref
from aggregator.storage.timeseries.influxql.windows import MAX_NS, MIN_NS, Range, Windows, moved

_NS_PER_S: Final = 1_000_000_000
_HOUR_S: Final = 3600
_FROM_PARTIALS: Final = frozenset({"count", "sum", "mean", "min", "max", "first", "last", "spread"})


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Partials:
    """Roll-ups and raw rows of one measurement, for buckets whose edges are multiples of `step_s`."""

    measurement: str
    start_ns: int
    end_ns: int
    step_s: int


@dataclass(frozen=True, slots=True)
class Scan:
    """One statement: `head`, the relation, `tail`; `aggregates` are those that it gives, in order.

    `within` is the range that it reads; the parameters of `head` stand before those of `tail`, and
    the relation has none.
    """

    head: str
    relation: Table | Partials
    tail: str
    parameters: tuple[Parameter, ...]
    within: Range
    aggregates: tuple[Aggregate, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a SELECT reads, beside its plan."""

    measurement: str
    schema: Schema
    where: Condition | None
    within: Range
    windows: Windows | None
    descending: bool
    page: Page
    most_rows: int


def aggregate_scans(plan: Plan, reading: Reading) -> tuple[Scan, ...]:
    """Statements for the aggregates of a plan: one for each range that they read."""
    by_early = sorted(plan.aggregates, key=lambda aggregate: aggregate.early)
    return tuple(
        _scan(plan, reading, tuple(aggregates), ranged(reading, early))
        for early, aggregates in groupby(by_early, key=lambda aggregate: aggregate.early)
    )


def raw_scan(plan: Plan, reading: Reading) -> Scan:
    """Statement for the raw points of a plan, in the order of the answer."""
    schema, tags = reading.schema, _tag_columns(plan.tags, reading.schema)
    refs = [_ref(ref, schema) for ref in plan.refs]
    fields = [quoted(ref.name) for ref in plan.refs if ref.kind == "field"]
    where, parameters = _raw_where(reading, reading.within)
    present = " OR ".join(f"{field} IS NOT NULL" for field in fields) or "FALSE"
    order = "DESC" if reading.descending else "ASC"
    names = ", ".join(f"{column} AS t{number}" for number, column in enumerate(tags))
    columns = ", ".join(part for part in (names, "time_ns", *refs) if part)
    groups = [f"t{number}" for number in range(len(tags))]
    by = f"PARTITION BY {', '.join(groups)} " if groups else ""
    page = NO_PAGE if plan.calls else reading.page  # running functions need every point
    limit, bounds = _page(page, f"row_number() OVER ({by}ORDER BY time_ns {order})")
    sorting = ", ".join([*(f"{group} {order}" for group in groups), f"time_ns {order}"])
    tail = f" WHERE {where} AND ({present}){limit} ORDER BY {sorting} LIMIT ?"
    return Scan(
        f"SELECT {columns} FROM ",  # noqa: S608  names come from schemas, values are parameters
        Table(schema.table),
        tail,
        (*parameters, *bounds, reading.most_rows + 1),
        reading.within,
    )


def _scan(plan: Plan, reading: Reading, aggregates: tuple[Aggregate, ...], within: Range) -> Scan:
    rolled = _rolled_up(plan, reading, aggregates)
    tags = _tag_columns(plan.tags, reading.schema)
    time = _time_column(plan, reading, within, rolled=rolled)
    cells = [part for one in aggregates for part in _cell(one, rolled=rolled)]
    percents = tuple(one.percent for one in aggregates if one.function == "percentile")
    if reading.windows is None and plan.lone_selector:
        percents *= 2  # its time and its value
    columns = [*(f"{column} AS t{number}" for number, column in enumerate(tags)), f"{time} AS at_ns", *cells]
    groups = [f"t{number}" for number in range(len(tags))]
    if reading.windows is not None:
        groups.append("at_ns")
    ordering = ""
    if aggregates[0].function == "distinct":  # a row for each value, in the order of their appearance
        groups.append(quoted(aggregates[0].field))
        ordering = f" ORDER BY {'max' if reading.descending else 'min'}(time_ns)"
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    relation: Table | Partials = Table(reading.schema.table)
    where, parameters = _raw_where(reading, within)
    if rolled:
        where, parameters = where_sql(reading.where, reading.schema)
        relation = _partials(reading, within)
    some = " OR ".join(f"count({_column(one, rolled=rolled)}) > 0" for one in aggregates)
    return Scan(
        head=f"SELECT {', '.join(columns)} FROM ",  # noqa: S608  names come from schemas, values are parameters
        relation=relation,
        tail=f" AS points WHERE {where}{grouping} HAVING {some}{ordering} LIMIT ?",
        parameters=(*percents, *parameters, reading.most_rows + 1),
        within=within,
        aggregates=aggregates,
    )


def ranged(reading: Reading, early: int) -> Range:
    """Range of aggregates that are read `early` buckets before it, seen in the order of the answer."""
    if reading.windows is None or early == 0:
        return reading.within
    by = early * reading.windows.width_ns
    if reading.descending:
        return moved(reading.within, end_ns=by)
    return moved(reading.within, start_ns=by)


def _rolled_up(plan: Plan, reading: Reading, aggregates: tuple[Aggregate, ...]) -> bool:
    if not reading.schema.rolled_up or not tags_alone(reading.where, reading.schema):
        return False
    if reading.windows is None and plan.lone_selector and aggregates[0].function in {"min", "max"}:
        return False  # roll-ups do not tell when the least and the greatest value were
    return all(one.field == reading.schema.rolled_up and one.function in _FROM_PARTIALS for one in aggregates)


def _partials(reading: Reading, within: Range) -> Partials:
    step_s = _HOUR_S
    if reading.windows is not None:
        common = gcd(reading.windows.width_ns, reading.windows.phase_ns)
        step_s = common // _NS_PER_S if common % _NS_PER_S == 0 else 0
    return Partials(reading.measurement, within.start_ns, within.end_ns + 1, step_s)


def _time_column(plan: Plan, reading: Reading, within: Range, *, rolled: bool) -> str:
    if reading.windows is not None:
        width, phase = reading.windows.width_ns, reading.windows.phase_ns
        column = "bucket_ns" if rolled else "time_ns"
        return f"({column} - {phase}) // {width} * {width} + {phase}"
    if not plan.lone_selector:
        return str(0 if within.start_ns == MIN_NS else within.start_ns)
    (one,) = plan.aggregates
    return _selected_time(one, rolled=rolled)


def _selected_time(one: Aggregate, *, rolled: bool) -> str:
    """The time of the point that a selector takes; of equal values the earliest."""
    field = quoted(one.field)
    some = f"FILTER ({field} IS NOT NULL)"
    match one.function:
        case "first":
            return "min(first_ns)" if rolled else f"min(time_ns) {some}"
        case "last":
            return "max(last_ns)" if rolled else f"max(time_ns) {some}"
        case "min":
            return f"(min({{'v': {field}, 't': time_ns}}) {some}).t"
        case "max":
            return f"-(max({{'v': {field}, 't': -time_ns}}) {some}).t"
        case _:
            return f"(list_sort(list({{'v': {field}, 't': time_ns}}) {some})[{_rank(field)}]).t"


def _rank(field: str) -> str:
    """Place of a percentile in the sorted values: the nearest rank, none below the first."""
    return f"CAST(floor(count({field}) * ? / 100.0 + 0.5) AS BIGINT)"


def _column(one: Aggregate, *, rolled: bool) -> str:
    return "sum" if rolled else quoted(one.field)


def _cell(one: Aggregate, *, rolled: bool) -> tuple[str, str]:
    """The value, and how many points it was made of."""
    if rolled:
        return _ROLLED[one.function], "sum(rows)"
    field = quoted(one.field)
    if one.function == "percentile":
        value = f"list_sort(list({field}) FILTER ({field} IS NOT NULL))[{_rank(field)}]"
    else:
        value = _RAW[one.function].replace("FIELD", field)
    return value, f"count({field})"


_RAW: Final = {
    "count": "count(FIELD)",
    "count_distinct": "count(DISTINCT FIELD)",
    "distinct": "FIELD",
    "sum": "sum(FIELD)",
    "mean": "avg(FIELD)",
    "median": "median(FIELD)",
    "stddev": "stddev_samp(FIELD)",
    "min": "min(FIELD)",
    "max": "max(FIELD)",
    "spread": "max(FIELD) - min(FIELD)",
    # of points at the same time, the one with the greatest value
    "first": "-(min({'t': time_ns, 'v': -FIELD}) FILTER (FIELD IS NOT NULL)).v",
    "last": "(max({'t': time_ns, 'v': FIELD}) FILTER (FIELD IS NOT NULL)).v",
}
_ROLLED: Final = {
    "count": "sum(rows)",
    "sum": "sum(sum)",
    "mean": "sum(sum) / sum(rows)",
    "min": "min(min)",
    "max": "max(max)",
    "first": """-(min({'t': first_ns, 'v': -"first"})).v""",
    "last": """(max({'t': last_ns, 'v': "last"})).v""",
    "spread": "max(max) - min(min)",
}


def _raw_where(reading: Reading, within: Range) -> Clause:
    clauses, parameters = list[str](), list[Parameter]()
    if reading.schema.by_name:
        clauses.append("name = ?")
        parameters.append(reading.measurement)
    if within.start_ns > MIN_NS:
        clauses.append("time_ns >= ?")
        parameters.append(within.start_ns)
    if within.end_ns < MAX_NS:
        clauses.append("time_ns <= ?")
        parameters.append(within.end_ns)
    clause, values = where_sql(reading.where, reading.schema)
    return " AND ".join([*clauses, clause]), (*parameters, *values)


def _tag_columns(tags: tuple[str, ...], schema: Schema) -> list[str]:
    return [quoted(tag) if tag in schema.tags else "''" for tag in tags]


def _ref(ref: Ref, schema: Schema) -> str:
    return (
        f"nullif({quoted(ref.name)}, '')"
        if ref.name in schema.tags and ref.kind == "tag"
        else quoted(ref.name)
    )


def _page(page: Page, number: str) -> Clause:
    if page == NO_PAGE:
        return "", ()
    last = page.offset + page.limit if page.limit else MAX_NS
    return f" QUALIFY {number} > ? AND {number} <= ?", (page.offset, last)
