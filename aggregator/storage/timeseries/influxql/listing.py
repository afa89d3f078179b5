"""Rows of SHOW statements as the series of an answer. Pure; names are sorted by code point."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from aggregator.storage.timeseries.influxql.series import Answer, Row, Series
from aggregator.storage.timeseries.influxql.show_sql import ListScan
from aggregator.storage.timeseries.influxql.syntax import (
    Listing,
    Page,
    ShowDatabases,
    ShowFieldKeys,
    ShowMeasurements,
    ShowRetentionPolicies,
    ShowSeries,
    ShowTagKeys,
    ShowTagValues,
)

POLICY: Final = "autogen"
_MEASUREMENT: Final = str.maketrans({",": "\\,", " ": "\\ "})
_TAG: Final = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})


def named(show: ShowDatabases | ShowRetentionPolicies, database: str) -> Answer:
    """What there is but one of: the database, and its retention policy."""
    if isinstance(show, ShowDatabases):
        return Answer((Series("databases", ("name",), ((database,),)),))
    columns = ("name", "duration", "shardGroupDuration", "replicaN", "default")
    return Answer((Series("", columns, ((POLICY, "0s", "168h0m0s", 1, True),)),))


def listed(show: Listing, scans: Iterable[tuple[ListScan, Sequence[Any]]], most: int) -> Answer:
    """The answer to a SHOW of what stands in points."""
    found = [(scan, rows) for scan, rows in scans]
    partial = any(len(rows) > most for _, rows in found)
    match show:
        case ShowMeasurements():
            names = sorted({str(row[0]) for _, rows in found for row in rows})
            rows = _paged([(name,) for name in names], show.page)
            series = [Series("measurements", ("name",), rows)] if rows else []
        case ShowSeries():
            keys = sorted(_key(scan, row) for scan, rows in found for row in rows)
            rows = _paged([(key,) for key in keys], show.page)
            series = [Series("", ("key",), rows)] if rows else []
        case ShowTagKeys():
            series = _by_name(("tagKey",), _tag_keys(found), show.page)
        case ShowFieldKeys():
            series = _by_name(("fieldKey", "fieldType"), _field_keys(found), show.page)
        case ShowTagValues():
            values = ((str(row[0]), (row[1], row[2])) for _, rows in found for row in rows)
            series = _by_name(("key", "value"), values, show.page)
    return Answer(tuple(series), partial)


def _tag_keys(found: Iterable[tuple[ListScan, Sequence[Any]]]) -> Iterable[tuple[str, Row]]:
    for scan, rows in found:
        for row in rows:
            for tag, some in zip(scan.schema.tags, row[1:], strict=True):
                if some:
                    yield str(row[0]), (tag,)


def _field_keys(found: Iterable[tuple[ListScan, Sequence[Any]]]) -> Iterable[tuple[str, Row]]:
    for scan, rows in found:
        for row in rows:
            for field, type_ in scan.schema.fields.items():
                yield str(row[0]), (field, type_.value)


def _by_name(columns: tuple[str, ...], found: Iterable[tuple[str, Row]], page: Page) -> list[Series]:
    """One series a measurement, its rows sorted and cut."""
    rows: dict[str, list[Row]] = {}
    for name, row in found:
        rows.setdefault(name, []).append(row)
    cut = {name: _paged(sorted(rows[name], key=_sorting), page) for name in sorted(rows)}
    return [Series(name, columns, kept) for name, kept in cut.items() if kept]


def _sorting(row: Row) -> tuple[str, ...]:
    return tuple(map(str, row))


def _paged(rows: list[Row], page: Page) -> list[Row]:
    return rows[page.offset : page.offset + page.limit if page.limit else None]


def _key(scan: ListScan, row: Sequence[Any]) -> str:
    """A series' key as InfluxDB writes it."""
    pairs = zip(scan.schema.tags, row[1:], strict=True)
    tags = "".join(f",{tag}={str(value).translate(_TAG)}" for tag, value in pairs if value)
    return str(row[0]).translate(_MEASUREMENT) + tags
