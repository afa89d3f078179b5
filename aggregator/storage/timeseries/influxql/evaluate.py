"""A SELECT answered by whoever can run statements. Pure but for `fetch`, which is the caller's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.storage.timeseries.influxql.duckdb_sql import Reading, Scan, aggregate_scans, raw_scan
from aggregator.storage.timeseries.influxql.plan import Plan, plan
from aggregator.storage.timeseries.influxql.refusals import TooMuchError
from aggregator.storage.timeseries.influxql.schema import schema_of
from aggregator.storage.timeseries.influxql.series import Answer, aggregated, raw
from aggregator.storage.timeseries.influxql.syntax import FillKind, Select
from aggregator.storage.timeseries.influxql.windows import (
    MIN_NS,
    Range,
    capped,
    range_of,
    split,
    windows_of,
    zone_of,
)

Fetch = Callable[[Scan], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one answer may hold: buckets of one series, rows of one statement, cells in all."""

    buckets: int = 20_000
    rows: int = 500_000
    cells: int = 1_000_000


def evaluate(select: Select, *, now: datetime, caps: Caps, fetch: Fetch) -> Answer:
    """The answer; raises QueryRefusedError, and what `fetch` raises."""
    planned = plan(select, schema_of(select.source.measurement))
    reading = _reading(select, now, caps)
    if not planned.columns or reading.within.empty:
        return Answer()
    if not planned.aggregated:
        return raw(select, planned, fetch(raw_scan(planned, reading)), caps.rows)
    return _aggregated(select, planned, reading, caps, fetch)


def _aggregated(select: Select, planned: Plan, reading: Reading, caps: Caps, fetch: Fetch) -> Answer:
    found = [(scan, fetch(scan)) for scan in aggregate_scans(planned, reading)]
    if any(len(rows) > caps.rows for _, rows in found):
        raise TooMuchError(
            f"the answer has over {caps.rows} points: widen GROUP BY time, narrow the range, or group by less"
        )
    _check_cells(planned, select, reading, caps, found)
    return aggregated(select, planned, reading, found)


def _check_cells(
    planned: Plan, select: Select, reading: Reading, caps: Caps, found: Sequence[tuple[Scan, Sequence[Any]]]
) -> None:
    """Refuse before empty buckets are made, of which there may be far more than points."""
    width = len(planned.tags)
    series = {tuple(row[:width]) for _, rows in found for row in rows}
    cells = sum(len(rows) for _, rows in found)
    if reading.windows is not None and select.fill.kind is not FillKind.NONE and series:
        within = reading.within
        if within.start_ns == MIN_NS:
            within = Range(min(row[width] for _, rows in found for row in rows), within.end_ns)
        capped(within, reading.windows, caps.buckets)
        cells = len(series) * reading.windows.count(within)
    if cells * len(planned.columns) > caps.cells:
        raise TooMuchError(
            f"the answer has over {caps.cells} values: widen GROUP BY time, narrow the range or group by less"
        )


def _reading(select: Select, now: datetime, caps: Caps) -> Reading:
    zone = zone_of(select.zone)
    bounds, rest = split(select.where)
    within = range_of(bounds, now=now, zone=zone, bucketed=select.every is not None)
    windows = None
    if select.every is not None and not within.empty:
        windows = windows_of(select.every, within, zone)
        capped(within, windows, caps.buckets)
    return Reading(
        measurement=select.source.measurement,
        schema=schema_of(select.source.measurement),
        where=rest,
        within=within,
        windows=windows,
        descending=select.descending,
        page=select.page,
        most_rows=caps.rows,
    )
