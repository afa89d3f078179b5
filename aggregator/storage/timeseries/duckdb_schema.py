"""Tables of the DuckDB store, and the roll-ups' SQL. Pure; docs/timeseries.md tells what they mean."""

# ruff: noqa: S608  constants, numbers and quoted names are all that goes into these statements

from collections.abc import Iterable
from typing import Final

from aggregator.storage.timeseries.rollup_cover import HOUR_NS, MINUTE_NS, Cover, Range

BLOCK: Final = 1 << 32
"""Ids of one measurement's series lie in one block, so that a scan of it skips the others' rows."""
_TAGS: Final = '"site", "node", "source", "zone_or_line", "class", "direction"'
_ROLLUP: Final = """(
        bucket_ns BIGINT NOT NULL, series BIGINT NOT NULL, "rows" BIGINT NOT NULL, "sum" DOUBLE NOT NULL,
        "min" DOUBLE NOT NULL, "max" DOUBLE NOT NULL, "first" DOUBLE NOT NULL, first_ns BIGINT NOT NULL,
        "last" DOUBLE NOT NULL, last_ns BIGINT NOT NULL)"""

SAMPLES: Final = """CREATE TABLE IF NOT EXISTS samples (
        time_ns BIGINT NOT NULL, series BIGINT NOT NULL, value DOUBLE NOT NULL, n BIGINT NOT NULL,
        quality TINYINT NOT NULL, period_s DOUBLE NOT NULL, seq BIGINT NOT NULL)"""
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS series (
        id BIGINT NOT NULL, name VARCHAR NOT NULL, site VARCHAR NOT NULL, node VARCHAR NOT NULL,
        source VARCHAR NOT NULL, zone_or_line VARCHAR NOT NULL, class VARCHAR NOT NULL,
        direction VARCHAR NOT NULL, stream VARCHAR NOT NULL)""",
    SAMPLES,
    """CREATE VIEW IF NOT EXISTS measurements AS
        SELECT time_ns, site, node, source, name, zone_or_line, class, direction, value, n, quality, period_s,
        stream, seq FROM samples JOIN series ON series.id = samples.series""",
    """CREATE TABLE IF NOT EXISTS applied (
        step BIGINT NOT NULL, node VARCHAR NOT NULL, stream VARCHAR NOT NULL,
        through BIGINT NOT NULL, ranges VARCHAR NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS events (
        time_ns BIGINT NOT NULL, site VARCHAR NOT NULL, node VARCHAR NOT NULL, source VARCHAR NOT NULL,
        kind VARCHAR NOT NULL, rule VARCHAR NOT NULL, zone_or_line VARCHAR NOT NULL, class VARCHAR NOT NULL,
        direction VARCHAR NOT NULL, count BIGINT NOT NULL, duration_s DOUBLE NOT NULL,
        score DOUBLE NOT NULL, stream VARCHAR NOT NULL, seq BIGINT NOT NULL, id BIGINT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS dirty (minute BIGINT NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS rollup_1m {_ROLLUP}",
    f"CREATE TABLE IF NOT EXISTS rollup_1h {_ROLLUP}",
)
TABLES: Final = ("series", "samples", "applied", "events", "dirty", "rollup_1m", "rollup_1h")

IS_WIDE: Final = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'measurements'"
"""Whether a store is from before the table of series: each row held its texts itself."""
SET_WIDE_ASIDE: Final = (
    "ALTER TABLE measurements RENAME TO wide",
    "DROP TABLE IF EXISTS rollup_1m",
    "DROP TABLE IF EXISTS rollup_1h",
)
NARROW_WIDE: Final = (
    f"""INSERT INTO series SELECT (dense_rank() OVER (ORDER BY name) - 1) * {BLOCK}
        + row_number() OVER (PARTITION BY name) - 1, name, {_TAGS}, stream
        FROM (SELECT DISTINCT name, {_TAGS}, stream FROM wide)""",
    """INSERT INTO samples SELECT time_ns, series.id, value, n, quality, period_s, seq
        FROM wide JOIN series USING (name, site, node, source, zone_or_line, class, direction, stream)""",
    f"INSERT INTO dirty SELECT DISTINCT time_ns // {MINUTE_NS} FROM wide",
    "DROP TABLE wide",
)

_VALUES: Final = '"rows", "sum", "min", "max", "first", first_ns, "last", last_ns'
_OF_RAW: Final = """time_ns AS bucket_ns, series, 1 AS "rows", value AS "sum", value AS "min",
    value AS "max", value AS "first", time_ns AS first_ns, value AS "last", time_ns AS last_ns"""


def partials_sql(name: str, parts: Cover) -> str:
    """A subquery, in parentheses, of what `parts` says of one measurement."""
    quoted = "'" + name.replace("'", "''") + "'"
    selects = [
        f"SELECT {columns} FROM {table} WHERE {_within(time, ranges)}"
        for columns, table, time, ranges in (
            (f"bucket_ns, series, {_VALUES}", "rollup_1h", "bucket_ns", parts.hours),
            (f"bucket_ns, series, {_VALUES}", "rollup_1m", "bucket_ns", parts.minutes),
            (_OF_RAW, "samples", "time_ns", parts.raw),
        )
        if ranges
    ]
    if not selects:
        selects = [f"SELECT {_OF_RAW} FROM samples WHERE FALSE"]
    named = f"(SELECT * FROM series WHERE name = {quoted}) AS named"
    joined = [
        f"SELECT bucket_ns, {_TAGS}, {_VALUES} FROM ({select}) AS part JOIN {named} ON named.id = part.series"
        for select in selects
    ]
    return f"({' UNION ALL '.join(joined)})"


def refresh_sql(minutes: Iterable[int]) -> tuple[str, ...]:
    """Statements that make the roll-ups of these minutes again, and of their hours."""
    ascending = sorted(minutes)
    spans = [(minute * MINUTE_NS, (minute + 1) * MINUTE_NS) for minute in ascending]
    hours = sorted({start // HOUR_NS * HOUR_NS for start, _ in spans})
    of_hours = [(hour, hour + HOUR_NS) for hour in hours]
    # Only numbers go into the statements.
    return (
        f"DELETE FROM dirty WHERE minute IN ({', '.join(map(str, ascending))})",
        f"DELETE FROM rollup_1m WHERE {_within('bucket_ns', spans)}",
        f"""INSERT INTO rollup_1m SELECT time_ns // {MINUTE_NS} * {MINUTE_NS} AS bucket, series,
            count(*), sum(value), min(value), max(value), arg_min(value, time_ns), min(time_ns),
            arg_max(value, time_ns), max(time_ns)
            FROM samples WHERE {_within("time_ns", spans)} GROUP BY bucket, series ORDER BY series, bucket""",
        f"DELETE FROM rollup_1h WHERE {_within('bucket_ns', of_hours)}",
        f"""INSERT INTO rollup_1h SELECT bucket_ns // {HOUR_NS} * {HOUR_NS} AS bucket, series,
            sum("rows"), sum("sum"), min("min"), max("max"), arg_min("first", first_ns), min(first_ns),
            arg_max("last", last_ns), max(last_ns)
            FROM rollup_1m WHERE {_within("bucket_ns", of_hours)} GROUP BY bucket, series
            ORDER BY series, bucket""",
    )


def _within(column: str, ranges: Iterable[Range]) -> str:
    joined: list[Range] = []
    for low, high in ranges:
        if joined and joined[-1][1] == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    either = " OR ".join(f"({column} >= {low} AND {column} < {high})" for low, high in joined)
    # The hull first: it prunes row groups by their minimum and maximum, which an OR may not.
    hull = f"{column} >= {joined[0][0]} AND {column} < {joined[-1][1]}"
    return hull if len(joined) == 1 else f"{hull} AND ({either})"
