"""Moves the rows of one store to another, slice by slice of time, and compares them row by row.

Invariants: the source is only read; a slice is written and then read back from both sides, so that "moved"
means found on the other side, equal in every tag and field; slices go by time, because rows of a stream come
nearly in the order of their seqs then, which the embedded store's record of what was applied is small for;
a move that was cut short is begun again and changes nothing that was done. Events are not moved: they are
projected anew from the relational store.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, Protocol

from aggregator.storage.timeseries.store import StreamRows, WriteResult
from fleet.wire.messages import MeasurementRow

ROWS_A_SLICE: Final = 50_000
DAY_NS: Final = 86_400_000_000_000
_SHOWN: Final = 5


class StoredRow(NamedTuple):
    """A row with the stream that it came from; equal rows are equal values."""

    node: str
    stream: str
    site: str
    row: MeasurementRow


class Scan(Protocol):
    """A store, read row by row. Times are nanoseconds as stored; every method may raise StoreError."""

    def span(self) -> tuple[int, int] | None:
        """The first time and the one after the last, or None when there is no row."""

    def count(self, start_ns: int, end_ns: int) -> int:
        """How many rows lie in the range."""

    def rows(self, start_ns: int, end_ns: int) -> list[StoredRow]:
        """The rows of the range, in any order."""


@dataclass(slots=True)
class Moved:
    """What a move came to; `different` rows are not, or not so, on the other side, `examples` of them."""

    rows: int = 0
    written: int = 0
    different: int = 0
    examples: tuple[str, ...] = ()


Write = Callable[[tuple[StreamRows, ...]], WriteResult]
Progress = Callable[[Moved, float], None]


def move(source: Scan, target: Scan, write: Write | None, progress: Progress) -> Moved:
    """Move every row, or only compare when `write` is None. `progress` hears of each slice, with 0–1.

    Raises:
        StoreError: a store is away; the move may be begun again.
        StoreRefusedError: the target cannot take some rows; the message names them.
    """
    moved = Moved()
    span = source.span()
    if span is None:
        return moved
    for start_ns, end_ns in slices(source, *span):
        rows = source.rows(start_ns, end_ns)
        if write is not None:
            moved.written += write(_batch(rows)).stored
        _compare(rows, target.rows(start_ns, end_ns), moved)
        progress(moved, (end_ns - span[0]) / (span[1] - span[0]))
    return moved


def slices(source: Scan, start_ns: int, end_ns: int) -> Iterator[tuple[int, int]]:
    """Slices of the range in order of time, none with many more than ROWS_A_SLICE rows, none empty."""
    for day in range(start_ns, end_ns, DAY_NS):
        waiting = [(day, min(day + DAY_NS, end_ns))]
        while waiting:
            low, high = waiting.pop()
            found = source.count(low, high)
            if found > ROWS_A_SLICE and high - low > 1:
                middle = (low + high) // 2
                waiting += [(middle, high), (low, middle)]
            elif found:
                yield low, high


def _batch(rows: Sequence[StoredRow]) -> tuple[StreamRows, ...]:
    ordered = sorted(rows, key=lambda each: (each.node, each.stream, each.site, each.row.seq))
    groups = groupby(ordered, key=lambda each: (each.node, each.stream, each.site))
    return tuple(
        StreamRows(node, stream, tuple(each.row for each in group), site=site)
        for (node, stream, site), group in groups
    )


def _compare(rows: Sequence[StoredRow], found: Sequence[StoredRow], moved: Moved) -> None:
    missing = set(rows).difference(found)
    moved.rows += len(rows)
    moved.different += len(missing)
    if missing and len(moved.examples) < _SHOWN:
        moved.examples += tuple(sorted(map(str, missing))[: _SHOWN - len(moved.examples)])
