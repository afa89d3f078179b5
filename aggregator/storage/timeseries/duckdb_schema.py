"""Tables of the DuckDB store, and the roll-ups' SQL. Pure; docs/timeseries.md tells what they mean."""

# ruff: noqa: S608  constants, numbers and quoted names are all that goes into these statements

from collections.abc import Iterable
from typing import Final

from aggregator.storage.timeseries.rollup_cover import HOUR_NS, MINUTE_NS, Cover, Range

_TAGS: Final = '"site", "node", "source", "zone_or_line", "class", "direction"'
_ROLLUP: Final = """(
        bucket_ns BIGINT NOT NULL, name VARCHAR NOT NULL, site VARCHAR NOT NULL, node VARCHAR NOT NULL,
        source VARCHAR NOT NULL, zone_or_line VARCHAR NOT NULL, class VARCHAR NOT NULL,
        direction VARCHAR NOT NULL, "rows" BIGINT NOT NULL, "sum" DOUBLE NOT NULL, "min" DOUBLE NOT NULL,
        "max" DOUBLE NOT NULL, "first" DOUBLE NOT NULL, first_ns BIGINT NOT NULL, "last" DOUBLE NOT NULL,
        last_ns BIGINT NOT NULL)"""

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS measurements (
        time_ns BIGINT NOT NULL, site VARCHAR NOT NULL, node VARCHAR NOT NULL, source VARCHAR NOT NULL,
        name VARCHAR NOT NULL, zone_or_line VARCHAR NOT NULL, class VARCHAR NOT NULL,
        direction VARCHAR NOT NULL, value DOUBLE NOT NULL, n BIGINT NOT NULL, quality TINYINT NOT NULL,
        period_s DOUBLE NOT NULL, stream VARCHAR NOT NULL, seq BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS applied (
        step BIGINT NOT NULL, node VARCHAR NOT NULL, stream VARCHAR NOT NULL,
        through BIGINT NOT NULL, ranges VARCHAR NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS events (
        time_ns BIGINT NOT NULL, site VARCHAR NOT NULL, node VARCHAR NOT NULL, source VARCHAR NOT NULL,
        kind VARCHAR NOT NULL, rule VARCHAR NOT NULL, zone_or_line VARCHAR NOT NULL, class VARCHAR NOT NULL,
        direction VARCHAR NOT NULL, count BIGINT NOT NULL, duration_s DOUBLE NOT NULL,
        score DOUBLE NOT NULL, stream VARCHAR NOT NULL, seq BIGINT NOT NULL, id BIGINT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS dirty (minute BIGINT NOT NULL)",
    # A store from before the roll-ups: all its minutes are due.
    f"""INSERT INTO dirty SELECT DISTINCT time_ns // {MINUTE_NS} FROM measurements WHERE NOT EXISTS (
        SELECT 1 FROM duckdb_tables() WHERE database_name = current_database()
        AND table_name = 'rollup_1m')""",
    f"CREATE TABLE IF NOT EXISTS rollup_1m {_ROLLUP}",
    f"CREATE TABLE IF NOT EXISTS rollup_1h {_ROLLUP}",
)
TABLES: Final = ("measurements", "applied", "events", "dirty", "rollup_1m", "rollup_1h")
_PARTIAL: Final = f'{_TAGS}, "rows", "sum", "min", "max", "first", first_ns, "last", last_ns'
_OF_RAW: Final = f"""time_ns AS bucket_ns, {_TAGS}, 1 AS "rows", value AS "sum", value AS "min",
    value AS "max", value AS "first", time_ns AS first_ns, value AS "last", time_ns AS last_ns"""


def partials_sql(name: str, parts: Cover) -> str:
    """A subquery, in parentheses, of what `parts` says of one measurement."""
    quoted = "'" + name.replace("'", "''") + "'"
    selects = [
        f"SELECT {columns} FROM {table} WHERE name = {quoted} AND {_within(time, ranges)}"
        for columns, table, time, ranges in (
            (f"bucket_ns, {_PARTIAL}", "rollup_1h", "bucket_ns", parts.hours),
            (f"bucket_ns, {_PARTIAL}", "rollup_1m", "bucket_ns", parts.minutes),
            (_OF_RAW, "measurements", "time_ns", parts.raw),
        )
        if ranges
    ]
    if not selects:
        selects = [f"SELECT {_OF_RAW} FROM measurements WHERE FALSE"]
    return f"({' UNION ALL '.join(selects)})"


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
        f"""INSERT INTO rollup_1m SELECT time_ns // {MINUTE_NS} * {MINUTE_NS} AS bucket, name, {_TAGS},
            count(*), sum(value), min(value), max(value), arg_min(value, time_ns), min(time_ns),
            arg_max(value, time_ns), max(time_ns)
            FROM measurements WHERE {_within("time_ns", spans)} GROUP BY bucket, name, {_TAGS}""",
        f"DELETE FROM rollup_1h WHERE {_within('bucket_ns', of_hours)}",
        f"""INSERT INTO rollup_1h SELECT bucket_ns // {HOUR_NS} * {HOUR_NS} AS bucket, name, {_TAGS},
            sum("rows"), sum("sum"), min("min"), max("max"), arg_min("first", first_ns), min(first_ns),
            arg_max("last", last_ns), max(last_ns)
            FROM rollup_1m WHERE {_within("bucket_ns", of_hours)} GROUP BY bucket, name, {_TAGS}""",
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
