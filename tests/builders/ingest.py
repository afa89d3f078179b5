"""Facts with every field filled, deliveries of them, and both stores as one server has them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from aggregator.ingest.committer import Committer, Outcome
from aggregator.ingest.cycle import sort_out
from aggregator.ingest.inbox import Delivery
from aggregator.storage.relational.engine import reading
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from fleet.wire import topics
from fleet.wire.codec import Codec
from fleet.wire.messages import Event, EventBatch, MeasurementBatch, MeasurementRow, NodeState, Skipped
from fleet.wire.topics import UpChannel

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STREAM = bytes.fromhex("00112233445566ff")
CODEC = Codec()


def event(seq: int, **fields: object) -> Event:
    """An event with every field filled."""
    given = {
        "seq": seq,
        "occurred_at_ms": 1_770_000_000_000 + seq,
        "clock": 1,
        "kind": "line_crossed",
        "rule": "gate-count",
        "camera": "cam-01",
        "zone_or_line": "gate",
        "class_name": "person",
        "track_id": seq + 2**40,
        "score_e3": 987,
        "direction": "forward",
        "duration_s": 1.5,
        "box_e4": (-10, 20, 3000, 20_000),
        "value": 2.25,
        "evidence": (bytes(32), bytes(range(32))),
        "model": "đếm người",
        "value_error": 0.5,
    }
    return Event(**given | fields)


def row(seq: int, **fields: object) -> MeasurementRow:
    """A measurement row with every field filled."""
    given = {
        "seq": seq,
        "start_ms": 1_770_000_000_000 + 60_000 * seq,
        "period_s": 60.0,
        "name": "flow",
        "source": "cam-01",
        "zone_or_line": "gate",
        "class_name": "person",
        "direction": "forward",
        "value": float(seq),
        "n": 3,
        "quality": 1,
    }
    return MeasurementRow(**given | fields)


def events_from(
    *seqs: int, node: str = "node-1", stream: bytes = STREAM, skipped: tuple[Skipped, ...] = ()
) -> Delivery:
    """A delivery of events."""
    batch = EventBatch(stream, tuple(event(seq) for seq in seqs), skipped)
    return Delivery(topics.up(node, UpChannel.EVENTS), CODEC.encode(batch), retained=False, token=0)


def rows_from(*seqs: int, node: str = "node-1", stream: bytes = STREAM) -> Delivery:
    """A delivery of measurement rows."""
    batch = MeasurementBatch(stream, tuple(row(seq) for seq in seqs))
    return Delivery(topics.up(node, UpChannel.MEASUREMENTS), CODEC.encode(batch), retained=False, token=0)


@dataclass
class Site:
    """Both stores and the committer over them, as one server has them."""

    engine: Engine
    store: DuckDbStore
    committer: Committer
    states: list[tuple[str, NodeState]] = field(default_factory=list)

    def take(self, *deliveries: Delivery, at: datetime = NOW) -> Outcome:
        """Commit the deliveries as one cycle."""
        return self.committer.commit(sort_out(deliveries, CODEC), at)

    def table(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query."""
        with reading(self.engine) as connection:
            return [tuple(found) for found in connection.execute(text(sql))]

    def content(self) -> tuple[object, ...]:
        """Everything that facts leave behind, without the counter of repetitions."""
        return (
            self.table("SELECT node, stream, seq, kind, track_id FROM events ORDER BY node, stream, seq"),
            self.table("SELECT node, stream, watermark, ranges FROM streams ORDER BY node, stream"),
            self.table("SELECT node, stream, from_seq, to_seq, reason, count FROM skips ORDER BY id"),
            self.table("SELECT digest, reason, seqs FROM dead_letters ORDER BY id"),
            self.store.counts(),
        )
