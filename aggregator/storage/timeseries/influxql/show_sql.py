"""SHOW as DuckDB statements. Pure: names come from schemas, values are parameters.

Every statement gives rows that begin with the measurement's name. A time or a field in WHERE is looked
up in points, to the nanosecond (InfluxDB counts whole shards); without one, the roll-ups know all series.
"""

# ruff: noqa: S608  names come from schemas, values are parameters

from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.storage.timeseries.influxql.duckdb_sql import Table
from aggregator.storage.timeseries.influxql.duckdb_where import (
    Clause,
    Parameter,
    quoted,
    tags_alone,
    where_sql,
)
from aggregator.storage.timeseries.influxql.patterns import alternatives, matches_all
from aggregator.storage.timeseries.influxql.schema import EVENTS, SCHEMAS, Schema
from aggregator.storage.timeseries.influxql.syntax import (
    Condition,
    Listing,
    Match,
    ShowFieldKeys,
    ShowMeasurements,
    ShowSeries,
    ShowTagKeys,
    ShowTagValues,
)
from aggregator.storage.timeseries.influxql.windows import MAX_NS, MIN_NS, range_of, split


@dataclass(frozen=True, slots=True)
class EverySeries:
    """Names and tags of all points that a table with roll-ups holds."""


@dataclass(frozen=True, slots=True)
class ListScan:
    """One statement: of `schema`, with the columns that its kind of SHOW has.

    `sql` names its relation as `points`, which stands for `relation`.
    """

    sql: str
    relation: Table | EverySeries
    parameters: tuple[Parameter, ...]
    schema: Schema


def list_scans(show: Listing, *, now: datetime, most_rows: int) -> tuple[ListScan, ...]:
    """Statements of a SHOW, one for each table that it may find something in; raises QueryRefusedError."""
    return tuple(_scan(show, schema, now, most_rows) for schema in SCHEMAS)


def _scan(show: Listing, schema: Schema, now: datetime, most_rows: int) -> ListScan:
    where, parameters = _where(show, schema, now)
    name = "name" if schema.by_name else f"'{EVENTS}' AS name"
    match show:
        case ShowMeasurements() | ShowFieldKeys():
            sql = f"SELECT DISTINCT {name} FROM points WHERE {where}"
        case ShowTagKeys():
            some = ", ".join(f"count(*) FILTER ({quoted(tag)} <> '') > 0" for tag in schema.tags)
            sql = f"SELECT {name}, {some} FROM points WHERE {where} GROUP BY ALL"
        case ShowSeries():
            tags = ", ".join(quoted(tag) for tag in schema.tags)
            sql = f"SELECT DISTINCT {name}, {tags} FROM points WHERE {where}"
        case ShowTagValues():
            sql, parameters = _values(show, schema, name, (where, parameters))
    return ListScan(
        f"SELECT * FROM ({sql}) LIMIT ?", _relation(show, schema), (*parameters, most_rows + 1), schema
    )


def _relation(show: Listing, schema: Schema) -> Table | EverySeries:
    condition = None if isinstance(show, ShowFieldKeys) else show.where
    bounds, rest = split(condition)
    if schema.rolled_up and not bounds and tags_alone(rest, schema):
        return EverySeries()
    return Table(schema.table)


def _values(show: ShowTagValues, schema: Schema, name: str, where: Clause) -> Clause:
    parts: list[str] = []
    parameters: list[Parameter] = []
    for tag in schema.tags:
        chosen, values = _matched(f"'{tag}'", show.key)
        if chosen == "FALSE":
            continue
        column = quoted(tag)
        parts.append(
            f"SELECT DISTINCT {name}, '{tag}' AS key, {column} AS value FROM points"
            f" WHERE {chosen} AND {column} <> '' AND {where[0]}"
        )
        parameters += [*values, *where[1]]
    return " UNION ALL ".join(parts) or "SELECT '' WHERE FALSE", tuple(parameters)


def _where(show: Listing, schema: Schema, now: datetime) -> Clause:
    """The condition on points of `schema`: of the measurement asked for, the tags, and the time."""
    clauses, parameters = list[str](), list[Parameter]()
    condition: Condition | None = None if isinstance(show, ShowFieldKeys) else show.where
    bounds, rest = split(condition)
    within = range_of(bounds, now=now, zone=UTC, bucketed=False)
    name = "name" if schema.by_name else f"'{EVENTS}'"
    if isinstance(show, ShowMeasurements):
        if show.match is not None:
            clause, values = _matched(name, show.match)
            clauses.append(clause)
            parameters += values
    elif show.source is not None:
        clauses.append(f"{name} = ?")
        parameters.append(show.source.measurement)
    if within.start_ns > MIN_NS:
        clauses.append("time_ns >= ?")
        parameters.append(within.start_ns)
    if within.end_ns < MAX_NS:
        clauses.append("time_ns <= ?")
        parameters.append(within.end_ns)
    clause, values = where_sql(rest, schema)
    return " AND ".join([*clauses, clause]), (*parameters, *values)


def _matched(column: str, match: Match) -> Clause:
    if match.op in {"=~", "!~"}:
        negated = match.op == "!~"
        (pattern,) = match.values
        if matches_all(pattern):
            return ("FALSE" if negated else "TRUE"), ()
        listed = alternatives(pattern)
        if listed is None:
            return f"{'NOT ' if negated else ''}regexp_matches({column}, ?)", (pattern,)
        return _listed(column, listed, negated=negated)
    return _listed(column, match.values, negated=match.op == "!=")


def _listed(column: str, values: tuple[str, ...], *, negated: bool) -> Clause:
    marks = ", ".join("?" for _ in values)
    return f"{column} {'NOT IN' if negated else 'IN'} ({marks})", values
