"""Counts over the relational store, by stream; reads of the dead letters."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Engine, and_, distinct, func, or_, select, tuple_

from aggregator.storage.instants import from_ms
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.site_filter import on_sites
from aggregator.storage.relational.tables import dead_letters, events, skips, streams

_ranges = msgspec.json.Decoder(list[tuple[int, int]])
_seqs = msgspec.json.Decoder(list[int])


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """What the relational store has of one stream."""

    node: str
    stream: str
    watermark: int
    ranges: list[tuple[int, int]]
    repeated: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RelationalCounts:
    """Facts of one stream in the relational store."""

    events: int = 0
    doubled_events: int = 0
    skipped: int = 0
    skipped_seqs: int = 0
    dead_lettered: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """One dead letter; `payload` is its beginning."""

    id: int
    topic: str
    node: str
    stream: str
    seqs: list[int]
    reason: str
    detail: str
    size: int
    times: int
    first_received_at: datetime
    received_at: datetime
    payload: bytes


class StreamsRepository:
    """Reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self,
        *,
        node: str | None,
        after: tuple[str, str],
        limit: int,
        sites: frozenset[str] | None = None,
    ) -> list[StreamRecord]:
        """Streams by node and stream, after a key; of nodes on `sites` (None: of all)."""
        key = tuple_(streams.c.node, streams.c.stream)
        query = select(streams).where(key > tuple_(*after)).order_by(streams.c.node, streams.c.stream)
        if node is not None:
            query = query.where(streams.c.node == node)
        if sites is not None:
            query = query.where(on_sites(streams.c.node, sites))
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [
            StreamRecord(
                node=row.node,
                stream=row.stream,
                watermark=row.watermark,
                ranges=_ranges.decode(row.ranges),
                repeated=row.repeated,
                updated_at=from_ms(row.updated_at_ms),
            )
            for row in rows
        ]

    def counts(
        self, first: tuple[str, str], last: tuple[str, str]
    ) -> dict[tuple[str, str], RelationalCounts]:
        """Counts of the streams between two keys, both in."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        queries = (
            select(
                events.c.node,
                events.c.stream,
                func.count().label("events"),
                (func.count() - func.count(distinct(events.c.seq))).label("doubled_events"),
            ).group_by(events.c.node, events.c.stream),
            select(
                skips.c.node,
                skips.c.stream,
                func.sum(skips.c.count).label("skipped"),
                func.sum(skips.c.to_seq - skips.c.from_seq + 1).label("skipped_seqs"),
            ).group_by(skips.c.node, skips.c.stream),
            select(
                dead_letters.c.node,
                dead_letters.c.stream,
                func.sum(dead_letters.c.seq_count).label("dead_lettered"),
            ).group_by(dead_letters.c.node, dead_letters.c.stream),
        )
        tables = (events, skips, dead_letters)
        with reading(self._engine) as connection:
            for query, table in zip(queries, tables, strict=True):
                node, stream = table.c.node, table.c.stream
                bounded = query.where(
                    node >= first[0],
                    node <= last[0],
                    or_(node > first[0], stream >= first[1]),
                    or_(node < last[0], stream <= last[1]),
                )
                for row in connection.execute(bounded).mappings():
                    counted = found.setdefault((row["node"], row["stream"]), {})
                    counted.update(
                        {name: int(value) for name, value in row.items() if name not in {"node", "stream"}}
                    )
        return {key: RelationalCounts(**counted) for key, counted in found.items()}

    def dead_letters(
        self,
        *,
        node: str | None,
        before: int | None,
        limit: int,
        payload_bytes: int,
        sites: frozenset[str] | None = None,
    ) -> list[DeadLetterRecord]:
        """Dead letters, newest row first, before a row id; of nodes on `sites` (None: of all)."""
        shown = [column for column in dead_letters.c if column.name not in {"payload", "digest"}]
        payload = func.substr(dead_letters.c.payload, 1, payload_bytes).label("payload_start")
        query = select(*shown, payload).order_by(dead_letters.c.id.desc()).limit(limit)
        wanted: list[ColumnElement[bool]] = []
        if node is not None:
            wanted.append(dead_letters.c.node == node)
        if sites is not None:
            wanted.append(on_sites(dead_letters.c.node, sites))
        if before is not None:
            wanted.append(dead_letters.c.id < before)
        if wanted:
            query = query.where(and_(*wanted))
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            DeadLetterRecord(
                id=row.id,
                topic=row.topic,
                node=row.node,
                stream=row.stream,
                seqs=_seqs.decode(row.seqs),
                reason=row.reason,
                detail=row.detail,
                size=row.size,
                times=row.times,
                first_received_at=from_ms(row.first_received_at_ms),
                received_at=from_ms(row.received_at_ms),
                payload=bytes(row.payload_start or b""),
            )
            for row in rows
        ]
