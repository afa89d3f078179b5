"""What the aggregator asks of a time-series store, and the queries it understands.

Invariants: `write` is idempotent (replaying any batch changes nothing) and durable when it
returns; the stored time of a row is `start_ms`·10⁶ + `seq` mod 10⁶ ns, so that rows with equal
tags never overwrite one another; tags are the seven of `Tag` and nothing else. The schema that all
stores share stands in docs/timeseries.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from aggregator.storage.seq_ranges import SeqRanges
from fleet.wire.messages import Event, MeasurementRow

NS_PER_MS: Final = 1_000_000
MAX_START_MS: Final = (2**63 - 1) // NS_PER_MS - 1
"""The latest start that int64 nanoseconds can hold (the year 2262)."""
MAX_POINTS: Final = 100_000
EVENTS: Final = "events"
"""The measurement that events are projected into; no row may have this name."""


class Tag(StrEnum):
    """What rows are found and grouped by."""

    SITE = "site"
    NODE = "node"
    SOURCE = "source"
    NAME = "name"
    ZONE_OR_LINE = "zone_or_line"
    CLASS = "class"
    DIRECTION = "direction"


class Aggregate(StrEnum):
    """How the values of a bucket become one."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    MIN = "min"
    LAST = "last"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class StreamRows:
    """Rows of one stream to write, and what is settled of that stream.

    `settled` are seqs that the relational store has accounted for: their rows are in this store
    already (rows are written before they are accounted for), so they are dropped when they come
    again, and the store need not remember them one by one. `stream` is 16 hex digits.
    """

    node: str
    stream: str
    rows: tuple[MeasurementRow, ...]
    settled: SeqRanges = field(default_factory=SeqRanges)
    site: str = ""


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Rows whose `tag` is one of `values`."""

    tag: Tag
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """One measurement over a time range, in buckets.

    `start_ms` is in, `end_ms` is out, int64 ms UTC. Buckets of `bucket_s` seconds are aligned to
    1970 and empty ones are left out; None joins the whole range into one bucket that begins at
    `start_ms`. `group_by` keeps tags apart; all others are joined.
    """

    name: str
    start_ms: int
    end_ms: int
    aggregate: Aggregate
    bucket_s: int | None = 60
    filters: tuple[TagFilter, ...] = ()
    group_by: tuple[Tag, ...] = ()
    limit: int = 10_000


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of one group: `tags` stand in the order of `group_by`; `rows` were joined."""

    start_ms: int
    tags: tuple[str, ...]
    value: float
    rows: int


@dataclass(frozen=True, slots=True)
class StreamCount:
    """Rows that the store holds of one stream, by a real count; `repeated` of them are doubles."""

    node: str
    stream: str
    rows: int
    repeated: int


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did: rows stored, and rows that were there already."""

    stored: int
    repeated: int


class TimeSeriesStore(Protocol):
    """A store of measurement rows; every method may be called from any thread."""

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        """Store the rows that are new; durable on return.

        After an error a store without transactions may hold some of the rows; the repeat lands on them.

        Raises:
            StoreError: the store is away or its disk is full; the call may be repeated.
            StoreRefusedError: the store cannot take one of these values. A RowsRefusedError names the rows,
                and the same batch without them is taken.
        """

    def query(self, query: SeriesQuery) -> tuple[Point, ...]:
        """Points by time and then by tags, at most `limit` (and never more than MAX_POINTS).

        Raises:
            StoreError: the store is away.
        """

    def counts(self, node: str | None = None) -> tuple[StreamCount, ...]:
        """Rows stored of each stream, of one node or of all, counted now.

        Raises:
            StoreError: the store is away.
        """

    def check(self) -> None:
        """Return when the store answers.

        Raises:
            StoreError: the store is away; the message says why.
        """

    def close(self) -> None:
        """Release the store; what was written stays."""


@dataclass(frozen=True, slots=True)
class EventPoint:
    """An event to project; `id` is its row in the relational store, `stream` 16 hex digits."""

    id: int
    node: str
    stream: str
    site: str
    event: Event


class EventProjection(Protocol):
    """Events as points of measurement `events`: made from the relational store, and made again at will."""

    def write_events(self, points: Sequence[EventPoint]) -> None:
        """Project events, ascending by id; those that are there already change nothing.

        Raises:
            StoreError: the store is away; the call may be repeated.
        """

    def last_event_id(self) -> int:
        """The highest id that was projected, 0 without any; raises StoreError."""

    def forget_events(self) -> None:
        """Remove every projected event; raises StoreError."""


class SeriesStore(TimeSeriesStore, EventProjection, Protocol):
    """A store of both, as every backend is."""
