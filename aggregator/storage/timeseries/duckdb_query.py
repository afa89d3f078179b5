"""The query AST as DuckDB SQL. Pure: values travel as parameters, and column names come from `Tag` alone."""

from collections.abc import Iterable
from typing import Final

from aggregator.storage.timeseries.store import NS_PER_MS, Aggregate, SeriesQuery, Tag, TagFilter

Parameter = str | int | float
Statement = tuple[str, tuple[Parameter, ...]]

_AGGREGATES: Final = {
    Aggregate.SUM: 'sum("sum")',
    Aggregate.MEAN: 'sum("sum") / sum("rows")',
    Aggregate.MAX: 'max("max")',
    Aggregate.MIN: 'min("min")',
    # Of values at one time the largest is the last, as InfluxDB has it.
    Aggregate.LAST: 'arg_max("last", (last_ns, "last"))',
    Aggregate.COUNT: 'CAST(sum("rows") AS DOUBLE)',
}
_MS_PER_S: Final = 1000
_HOUR_S: Final = 3600


def step_s(query: SeriesQuery) -> int:
    """Width that all bucket edges of the query are multiples of; without buckets any will do."""
    return _HOUR_S if query.bucket_s is None else query.bucket_s


def points_sql(query: SeriesQuery, relation: str, limit: int) -> Statement:
    """Statement over partial aggregates that gives start_ms, value, rows and the tags of `group_by`."""
    bucket, bucket_parameters = _bucket(query)
    tags = [_column(tag) for tag in query.group_by]
    groups = ", ".join(["start_ms", *[f'"{tag.value}"' for tag in query.group_by if tag is not Tag.NAME]])
    filters = [_filter(query, each) for each in query.filters]
    where = f" WHERE {' AND '.join(clause for clause, _ in filters)}" if filters else ""
    columns = ", ".join(
        [
            f"{bucket} AS start_ms",
            f"{_AGGREGATES[query.aggregate]} AS value",
            'CAST(sum("rows") AS BIGINT)',
            *tags,
        ]
    )
    # Every name comes from an enum; values are parameters, or quoted in the relation.
    sql = f"SELECT {columns} FROM {relation}{where} GROUP BY {groups} ORDER BY {groups} LIMIT ?"  # noqa: S608
    where_parameters = tuple(value for _, values in filters for value in values)
    names = tuple(query.name for tag in query.group_by if tag is Tag.NAME)
    return sql, (*bucket_parameters, *names, *where_parameters, limit)


def counts_sql(node: str | None) -> Statement:
    """Statement that counts the rows of each stream, and those that stand there more than once."""
    where, parameters = ("", ()) if node is None else ("WHERE node = ? ", (node,))
    # `where` is one of two constants.
    sql = f"SELECT node, stream, count(*), count(*) - count(DISTINCT seq) FROM measurements {where}GROUP BY node, stream ORDER BY node, stream"  # noqa: S608, E501
    return sql, parameters


def _column(tag: Tag) -> str:
    return "CAST(? AS VARCHAR)" if tag is Tag.NAME else f'"{tag.value}"'


def _bucket(query: SeriesQuery) -> Statement:
    if query.bucket_s is None:
        return "CAST(? AS BIGINT)", (query.start_ms,)
    width_ms = query.bucket_s * _MS_PER_S
    return f"(bucket_ns // {width_ms * NS_PER_MS}) * {width_ms}", ()


def _filter(query: SeriesQuery, tag_filter: TagFilter) -> tuple[str, Iterable[str]]:
    if tag_filter.tag is Tag.NAME:
        return ("TRUE" if query.name in tag_filter.values else "FALSE"), ()
    if not tag_filter.values:
        return "FALSE", ()
    marks = ", ".join("?" for _ in tag_filter.values)
    return f'"{tag_filter.tag.value}" IN ({marks})', tag_filter.values
