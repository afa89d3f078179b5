"""The query AST as DuckDB SQL. Pure: values travel as parameters, and column names come from `Tag` alone."""

from collections.abc import Iterable
from typing import Final

from aggregator.storage.timeseries.store import NS_PER_MS, Aggregate, SeriesQuery, TagFilter

Parameter = str | int
Statement = tuple[str, tuple[Parameter, ...]]

_AGGREGATES: Final = {
    Aggregate.SUM: "sum(value)",
    Aggregate.MEAN: "avg(value)",
    Aggregate.MAX: "max(value)",
    Aggregate.MIN: "min(value)",
    Aggregate.LAST: "arg_max(value, time_ns)",
    Aggregate.COUNT: "CAST(count(*) AS DOUBLE)",
}
_MS_PER_S: Final = 1000


def points_sql(query: SeriesQuery, limit: int) -> Statement:
    """Statement that gives start_ms, value, rows and the tags of `group_by`."""
    bucket, bucket_parameters = _bucket(query)
    tags = [f'"{tag.value}"' for tag in query.group_by]
    groups = ", ".join(["start_ms", *tags])
    where, where_parameters = _where(query)
    columns = ", ".join(
        [f"{bucket} AS start_ms", f"{_AGGREGATES[query.aggregate]} AS value", "count(*)", *tags]
    )
    # Every name comes from an enum; values are parameters.
    sql = f"SELECT {columns} FROM measurements WHERE {where} GROUP BY {groups} ORDER BY {groups} LIMIT ?"  # noqa: S608
    return sql, (*bucket_parameters, *where_parameters, limit)


def counts_sql(node: str | None) -> Statement:
    """Statement that counts the rows of each stream, and those that stand there more than once."""
    where, parameters = ("", ()) if node is None else ("WHERE node = ? ", (node,))
    # `where` is one of two constants.
    sql = f"SELECT node, stream, count(*), count(*) - count(DISTINCT seq) FROM measurements {where}GROUP BY node, stream ORDER BY node, stream"  # noqa: S608, E501
    return sql, parameters


def _bucket(query: SeriesQuery) -> Statement:
    if query.bucket_s is None:
        return "CAST(? AS BIGINT)", (query.start_ms,)
    width_ms = query.bucket_s * _MS_PER_S
    return f"(time_ns // {width_ms * NS_PER_MS}) * {width_ms}", ()


def _where(query: SeriesQuery) -> Statement:
    clauses = ["name = ?", "time_ns >= ?", "time_ns < ?"]
    parameters: list[Parameter] = [query.name, query.start_ms * NS_PER_MS, query.end_ms * NS_PER_MS]
    for clause, values in map(_filter, query.filters):
        clauses.append(clause)
        parameters.extend(values)
    return " AND ".join(clauses), tuple(parameters)


def _filter(tag_filter: TagFilter) -> tuple[str, Iterable[str]]:
    if not tag_filter.values:
        return "FALSE", ()
    marks = ", ".join("?" for _ in tag_filter.values)
    return f'"{tag_filter.tag.value}" IN ({marks})', tag_filter.values
