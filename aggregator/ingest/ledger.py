"""The relational side of ingest: streams, their watermarks and the events, changed in one transaction.

Invariants: events, received ranges and watermark of a stream change together, under a lock on the
stream's row, so that any number of workers agree; an event is inserted only when the ranges did not
have it, and the unique key `(node, stream, seq)` stands behind that; a stream beyond the
MAX_STREAMS-th that a node begins within STREAM_WINDOW_MS is refused, because each costs room for ever.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from aggregator.ingest import dead_letters, ledger_sql
from aggregator.ingest.dead_letters import DeadLetter
from aggregator.ingest.watermark import NewSkip
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.seq_ranges import SeqRanges, Span
from fleet.wire.messages import Event

MAX_STREAMS: Final = 256
STREAM_WINDOW_MS: Final = 30 * 86_400_000
"""A failing card begins a stream at each episode: a month's worth counts, not a life's."""
_CHUNK: Final = 400

StreamKey = tuple[str, str]
"""Node and stream (16 hex digits)."""
_spans: Final = msgspec.json.Decoder(tuple[Span, ...])


@dataclass(frozen=True, slots=True)
class StreamChange:
    """What one transaction does to one stream."""

    key: StreamKey
    state: SeqRanges
    events: Sequence[Event]
    repeated: int
    skips: Sequence[NewSkip]


@dataclass(frozen=True, slots=True)
class LockedStreams:
    """States under lock; `refused` are new streams of nodes that have too many, `sites` node → site."""

    states: dict[StreamKey, SeqRanges]
    refused: frozenset[StreamKey]
    sites: dict[str, str]


class Ledger:
    """Reads and writes streams and events in the database behind `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def transaction(self) -> Iterator["LedgerTransaction"]:
        """One durable transaction; raises StoreError or StoreRefusedError, and then nothing was stored."""
        with writing(self._engine) as connection:
            yield LedgerTransaction(connection)

    def states(self, keys: Sequence[StreamKey]) -> dict[StreamKey, SeqRanges]:
        """Committed states of the streams that are known."""
        with reading(self._engine) as connection:
            return _states(connection, keys, lock=False)


class LedgerTransaction:
    """The steps of one transaction: lock streams, then record what came."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = ledger_sql.for_dialect(connection.dialect.name)

    def lock(self, keys: Sequence[StreamKey], now_ms: int) -> LockedStreams:
        """Lock the streams' rows, making those that are new, and read their states."""
        states = _states(self._connection, keys, lock=True)
        refused: set[StreamKey] = set()
        unknown = sorted(key for key in keys if key not in states)
        if unknown:
            refused = self._make(unknown, now_ms)
            states |= _states(self._connection, [key for key in unknown if key not in refused], lock=True)
        return LockedStreams(states, frozenset(refused), self._sites(sorted({node for node, _ in states})))

    def record(self, changes: Sequence[StreamChange], now_ms: int) -> None:
        """Write events, skips and the new states."""
        events = [
            ledger_sql.event_row(*change.key, event, now_ms) for change in changes for event in change.events
        ]
        if events:
            self._sql.insert_events(self._connection, events)
        skips = [
            (*change.key, skip.skipped.from_seq, skip.skipped.to_seq, skip.skipped.reason, skip.count, now_ms)
            for change in changes
            for skip in change.skips
        ]
        if skips:
            self._connection.exec_driver_sql(self._sql.insert_skip, skips)
        self._sql.update_streams(
            self._connection,
            [
                (
                    change.state.through,
                    msgspec.json.encode(change.state.ranges).decode(),
                    change.repeated,
                    now_ms,
                    *change.key,
                )
                for change in changes
            ],
        )

    def bury(self, letters: Sequence[DeadLetter], now_ms: int) -> None:
        """Keep dead letters."""
        dead_letters.keep(self._connection, tuple(letters), now_ms)

    def _make(self, keys: list[StreamKey], now_ms: int) -> set[StreamKey]:
        """Insert rows for new streams; returns those of nodes that have begun too many of late."""
        refused = set()
        for node, stream in keys:
            known = self._connection.exec_driver_sql(
                self._sql.count_streams, (node, now_ms - STREAM_WINDOW_MS)
            ).scalar_one()
            if known >= MAX_STREAMS:
                refused.add((node, stream))
            else:
                self._connection.exec_driver_sql(self._sql.insert_stream, (node, stream, now_ms, now_ms))
        return refused

    def _sites(self, nodes: list[str]) -> dict[str, str]:
        sites: dict[str, str] = {}
        for start in range(0, len(nodes), _CHUNK):
            chunk = tuple(nodes[start : start + _CHUNK])
            rows = self._connection.exec_driver_sql(self._sql.select_sites(len(chunk)), chunk)
            sites.update((row[0], row[1]) for row in rows)
        return sites


def _states(connection: Connection, keys: Sequence[StreamKey], *, lock: bool) -> dict[StreamKey, SeqRanges]:
    sql = ledger_sql.for_dialect(connection.dialect.name)
    states: dict[StreamKey, SeqRanges] = {}
    ordered = sorted(keys)  # one order for every worker, so that two never wait for each other
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        flat = tuple(part for key in chunk for part in key)
        for node, stream, through, ranges in connection.exec_driver_sql(
            sql.select_streams(len(chunk), lock=lock), flat
        ):
            states[node, stream] = SeqRanges(through, _spans.decode(ranges))
    return states
