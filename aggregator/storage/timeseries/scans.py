"""Both kinds of store, read row by row for `move`."""

from typing import Final

from aggregator.errors import StoreError
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influx_answer import Series
from aggregator.storage.timeseries.influx_http import InfluxHttp
from aggregator.storage.timeseries.move import StoredRow
from aggregator.storage.timeseries.store import EVENTS, NS_PER_MS
from fleet.wire.messages import MeasurementRow

_COLUMNS: Final = (
    "node, stream, site, seq, time_ns, period_s, name, source, zone_or_line, class, direction, value, n,"
    " quality"
)
_FIELDS: Final = '"value", "n", "quality", "period_s", "stream", "seq"'


class DuckDbScan:
    """`Scan` of the embedded store."""

    def __init__(self, store: DuckDbStore) -> None:
        self._store = store

    def span(self) -> tuple[int, int] | None:
        """See `Scan.span`."""
        with self._store.snapshot() as snapshot:
            low, high = snapshot.rows("SELECT min(time_ns), max(time_ns) FROM measurements")[0]
        return None if low is None else (low, high + 1)

    def count(self, start_ns: int, end_ns: int) -> int:
        """See `Scan.count`."""
        sql = "SELECT count(*) FROM measurements WHERE time_ns >= ? AND time_ns < ?"
        with self._store.snapshot() as snapshot:
            return int(snapshot.rows(sql, (start_ns, end_ns))[0][0])

    def rows(self, start_ns: int, end_ns: int) -> list[StoredRow]:
        """See `Scan.rows`."""
        sql = f"SELECT {_COLUMNS} FROM measurements WHERE time_ns >= ? AND time_ns < ?"  # noqa: S608  constants
        with self._store.snapshot() as snapshot:
            return [
                StoredRow(row[0], row[1], row[2], MeasurementRow(row[3], row[4] // NS_PER_MS, *row[5:]))
                for row in snapshot.rows(sql, (start_ns, end_ns))
            ]


class InfluxScan:
    """`Scan` of an InfluxDB; points that are not ours (without stream and seq) are left alone."""

    def __init__(self, http: InfluxHttp) -> None:
        self._http = http

    def span(self) -> tuple[int, int] | None:
        """See `Scan.span`."""
        # The selector's own time is its point's, so the answers are asked for one by one.
        first, last = self._http.ask('SELECT first("seq") FROM /.+/; SELECT last("seq") FROM /.+/')
        times = [
            _int(row[0]) for answer in (first, last) for series in _ours(answer) for row in series.values
        ]
        return (min(times), max(times) + 1) if times else None

    def count(self, start_ns: int, end_ns: int) -> int:
        """See `Scan.count`."""
        (answer,) = self._http.ask(
            f'SELECT count("n") FROM /.+/ WHERE time >= {start_ns} AND time < {end_ns}'  # noqa: S608  numbers
        )
        return sum(_int(row[1]) for series in _ours(answer) for row in series.values if row[1] is not None)

    def rows(self, start_ns: int, end_ns: int) -> list[StoredRow]:
        """See `Scan.rows`."""
        (answer,) = self._http.ask(
            f"SELECT {_FIELDS} FROM /.+/ WHERE time >= {start_ns} AND time < {end_ns} GROUP BY *"  # noqa: S608
        )
        return [
            _row(series, values)
            for series in _ours(answer)
            for values in series.values
            if values[5] is not None and values[6] is not None
        ]


def _ours(answer: tuple[Series, ...]) -> list[Series]:
    return [series for series in answer if series.name != EVENTS]


def _row(series: Series, values: list[str | int | float | None]) -> StoredRow:
    tags = series.tags
    time_ns, value, n, quality, period_s, stream, seq = values
    row = MeasurementRow(
        _int(seq),
        _int(time_ns) // NS_PER_MS,
        _float(period_s),
        series.name,
        tags.get("source", ""),
        tags.get("zone_or_line", ""),
        tags.get("class", ""),
        tags.get("direction", ""),
        _float(value),
        _int(n),
        _int(quality),
    )
    return StoredRow(tags.get("node", ""), str(stream), tags.get("site", ""), row)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise StoreError(f"InfluxDB gave {value!r} where a whole number should be: its data is not ours")
    return value


def _float(value: object) -> float:
    if not isinstance(value, int | float):
        raise StoreError(f"InfluxDB gave {value!r} where a number should be: its data is not ours")
    return float(value)
