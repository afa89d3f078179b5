"""Ids of series: measurement, tags and stream, written once, so that a row is numbers alone.

Why: seven texts a row made a durable batch three times as slow (DECISIONS.md). Pure but for its own memory:
the store writes what `fresh` names in the transaction of the first rows, and makes a new book from the file
whenever a transaction failed. Bounded by what was installed and drawn, as tags are (docs/timeseries.md).
"""

from collections.abc import Iterable, Sequence

from aggregator.storage.timeseries.duckdb_schema import BLOCK
from aggregator.storage.timeseries.store import StreamRows
from fleet.wire.messages import MeasurementRow

SeriesTuple = tuple[int, str, str, str, str, str, str, str, str]
"""id, name, site, node, source, zone_or_line, class, direction, stream: a row of the table `series`."""
_Outer = tuple[str, str, str]
_Inner = tuple[str, str, str, str, str]


class SeriesBook:
    """Every series of a store; `written` are the rows of its table."""

    def __init__(self, written: Iterable[SeriesTuple] = ()) -> None:
        self._ids: dict[_Outer, dict[_Inner, int]] = {}
        self._next: dict[str, int] = {}
        self.fresh: list[SeriesTuple] = []
        for number, name, site, node, source, zone_or_line, class_name, direction, stream in written:
            inner = (name, source, zone_or_line, class_name, direction)
            self._ids.setdefault((site, node, stream), {})[inner] = number
            self._next[name] = max(self._next.get(name, 0), number + 1)

    def ids_of(self, part: StreamRows, rows: Sequence[MeasurementRow]) -> list[int]:
        """Id of each row's series; those that are new are also in `fresh` until `settle`."""
        known = self._ids.setdefault((part.site, part.node, part.stream), {})
        found = []
        for row in rows:
            inner = (row.name, row.source, row.zone_or_line, row.class_name, row.direction)
            number = known.get(inner)
            if number is None:
                number = known[inner] = self._number(row.name)
                self.fresh.append((number, row.name, part.site, part.node, *inner[1:], part.stream))
            found.append(number)
        return found

    def settle(self) -> None:
        """What was fresh is written."""
        self.fresh = []

    def _number(self, name: str) -> int:
        number = self._next.get(name)
        if number is None:
            number = (max(self._next.values()) // BLOCK + 1) * BLOCK if self._next else 0
        self._next[name] = number + 1
        return number
