"""Facts a second that the ingest path stores, against plain writes of the same rows.

The worker is fed from memory, so that neither broker nor network counts: decoding, accepting, both
stores, watermarks. The peer writes the same tuples with a bare `executemany` and a bare appender in
transactions of the same size, which is the ceiling of the two stores. Prints one JSON line.

    python tests/bench/bench_ingest.py [--facts N] [--batch N] [--nodes N] [--database URL] [--profile]
"""

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from aggregator.ingest.committer import Committer
from aggregator.ingest.cycle import sort_out
from aggregator.ingest.inbox import Delivery
from aggregator.ingest.ledger import Ledger
from aggregator.ingest.ledger_sql import event_row
from aggregator.ingest.worker import IngestWorker
from aggregator.storage.relational.engine import make_engine, writing
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.timeseries.duckdb_samples import SampleColumns
from aggregator.storage.timeseries.duckdb_schema import SAMPLES
from aggregator.storage.timeseries.duckdb_series import SeriesBook
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.store import StreamRows
from fleet.wire import topics
from fleet.wire.codec import Codec
from fleet.wire.messages import Event, EventBatch, MeasurementBatch, MeasurementRow
from fleet.wire.topics import UpChannel

T0_MS = 1_760_000_000_000
RECEIVE_BYTES = 262_144


class MemoryInbox:
    """An `Inbox` over deliveries made ahead; `done` is set when the last one was acknowledged."""

    connected = True
    problem = ""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self._deliveries = deliveries
        self._next = 0
        self._acked = 0
        self.published = 0
        self.done = threading.Event()

    def receive(self, limit: int, timeout_s: float) -> list[Delivery]:
        """As the MQTT inbox: bounded by number and by bytes."""
        taken: list[Delivery] = []
        size = 0
        while self._next < len(self._deliveries) and len(taken) < limit and size < RECEIVE_BYTES:
            taken.append(self._deliveries[self._next])
            size += len(taken[-1].payload)
            self._next += 1
        if not taken and timeout_s > 0.1:
            self.done.wait(timeout_s)
        return taken

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Count, and tell the end."""
        self._acked += len(deliveries)
        if self._acked == len(self._deliveries):
            self.done.set()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Count."""
        del topic, payload, retain
        self.published += 1


def make_event(seq: int, node: int) -> Event:
    """An event with every field filled."""
    x = (seq * 37 + node) % 8000
    return Event(
        seq,
        T0_MS + seq * 40,
        0,
        "line_crossed",
        "gate-count",
        f"cam-0{node % 4 + 1}",
        "gate",
        "person",
        seq // 3 + 1,
        700 + seq % 300,
        "forward" if seq % 2 else "backward",
        1.25 + seq % 7,
        (x, 1000, x + 900, 4000),
        float(seq % 5),
        (seq.to_bytes(32, "big"),),
        "ssdlite_mobilenet_v2_coco/int8",
    )


def make_row(seq: int, node: int) -> MeasurementRow:
    """A row with every field filled."""
    return MeasurementRow(
        seq,
        T0_MS + seq * 1200,
        60.0,
        "flow",
        f"cam-0{node % 4 + 1}",
        "gate",
        "person",
        "forward",
        float(seq % 50),
        10,
        1,
    )


def make_deliveries(nodes: int, facts: int, batch: int, codec: Codec) -> list[Delivery]:
    """Batches of events and of rows in turn, all nodes interleaved."""
    deliveries = []
    rounds = max(1, facts // (2 * batch * nodes))
    for number in range(rounds):
        for node in range(nodes):
            name, stream = f"sim-{node:04d}", node.to_bytes(8, "big")
            first = number * 2 * batch + 1
            events = tuple(make_event(seq, node) for seq in range(first, first + batch))
            rows = tuple(make_row(seq, node) for seq in range(first + batch, first + 2 * batch))
            for channel, message in (
                (UpChannel.EVENTS, EventBatch(stream, events)),
                (UpChannel.MEASUREMENTS, MeasurementBatch(stream, rows)),
            ):
                deliveries.append(
                    Delivery(topics.up(name, channel), codec.encode(message), retained=False, token=0)
                )
    return deliveries


def run_worker(
    deliveries: Sequence[Delivery], directory: Path, url: str, profile: cProfile.Profile | None
) -> float:
    """Seconds that the worker takes for all deliveries."""
    engine = make_engine(url)
    upgrade(engine)
    store = DuckDbStore(directory / "worker.duckdb")
    inbox = MemoryInbox(deliveries)
    clock = lambda: datetime.now(tz=UTC)  # noqa: E731
    if profile is not None:
        committer, codec = Committer(Ledger(engine), store, lambda *_: None), Codec()
        started = time.perf_counter()
        profile.enable()
        while batch := inbox.receive(4096, 0):
            committer.commit(sort_out(batch, codec), clock())
        profile.disable()
        return time.perf_counter() - started
    worker = IngestWorker(
        inbox, Ledger(engine), store, on_state=lambda *_: None, announce=lambda _: None, clock=clock
    )
    started = time.perf_counter()
    worker.start()
    if not inbox.done.wait(300):
        raise TimeoutError(f"not done: {worker.status}")
    seconds = time.perf_counter() - started
    worker.stop()
    counts = worker.status.counts
    stored = sum(count.rows for count in store.counts())
    if counts.events + counts.rows != 2 * stored:
        raise AssertionError(f"stored {counts}, {stored} rows")
    store.close()
    engine.dispose()
    return seconds


Chunk = tuple[list[tuple[object, ...]], list[tuple[object, ...]]]
"""Rows of `events` and of `samples` that go in one transaction."""


def plain_chunks(deliveries: Sequence[Delivery]) -> list[Chunk]:
    """The same facts as tuples, in chunks of as many bytes as a cycle takes."""
    codec = Codec()
    book = SeriesBook()
    chunks: list[Chunk] = []
    size = 0
    events: list[tuple[object, ...]] = []
    rows: list[tuple[object, ...]] = []
    for delivery in deliveries:
        node = delivery.topic.split("/")[3]
        if delivery.topic.endswith("/ev"):
            batch = codec.decode(delivery.payload, EventBatch)
            assert isinstance(batch, EventBatch)
            events += [event_row(node, batch.stream.hex(), event, T0_MS) for event in batch.events]
        else:
            found = codec.decode(delivery.payload, MeasurementBatch)
            assert isinstance(found, MeasurementBatch)
            columns = SampleColumns()
            part = StreamRows(node, found.stream.hex(), found.rows)
            columns.add(book.ids_of(part, part.rows), part.rows)
            arrays = columns.arrays()
            rows += zip(*(array.tolist() for array in arrays.values()), strict=True)
        size += len(delivery.payload)
        if size > RECEIVE_BYTES:
            chunks.append((events, rows))
            events, rows, size = [], [], 0
    chunks.append((events, rows))
    return chunks


def run_plain(deliveries: Sequence[Delivery], directory: Path, url: str) -> float:
    """Seconds that the bare drivers take for the same rows, made into tuples beforehand."""
    chunks = plain_chunks(deliveries)
    engine = make_engine(url)
    upgrade(engine)
    names = "node, stream, seq, received_at_ms, occurred_at_ms, clock, kind, rule, camera, zone_or_line, class_name, track_id, score_e3, direction, duration_s, box_x1_e4, box_y1_e4, box_x2_e4, box_y2_e4, value, evidence, model, value_error"  # noqa: E501
    mark = "%s" if engine.dialect.name == "postgresql" else "?"
    insert = f"INSERT INTO events ({names}) VALUES ({', '.join([mark] * 23)})"  # noqa: S608
    bare = duckdb.connect(str(directory / "plain.duckdb"), config={"threads": 2})
    bare.execute(SAMPLES).fetchall()
    started = time.perf_counter()
    for events, rows in chunks:
        bare.begin()
        with bare.appender("samples") as appender:
            appender.append_rows(rows)
            appender.flush()
        bare.commit()
        with writing(engine) as connection:
            connection.exec_driver_sql(insert, events)
    seconds = time.perf_counter() - started
    bare.close()
    engine.dispose()
    return seconds


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--database", default="")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    codec = Codec()
    deliveries = make_deliveries(options.nodes, options.facts, options.batch, codec)
    facts = len(deliveries) * options.batch
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        profile = cProfile.Profile() if options.profile else None
        cpu = time.process_time()
        worker_s = run_worker(
            deliveries, directory, options.database or f"sqlite:///{directory}/worker.sqlite", profile
        )
        if profile is not None:
            pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(25)
        cpu_s = time.process_time() - cpu
        plain_s = 0.0
        if not options.database:
            plain_s = run_plain(deliveries, directory, f"sqlite:///{directory}/plain.sqlite")
    print(
        json.dumps(
            {
                "bench": "ingest",
                "facts": facts,
                "messages": len(deliveries),
                "batch": options.batch,
                "nodes": options.nodes,
                "database": "postgresql" if options.database else "sqlite",
                "facts_per_s": round(facts / worker_s),
                "messages_per_s": round(len(deliveries) / worker_s),
                "plain_facts_per_s": round(facts / plain_s) if plain_s else None,
                "cpu_us_per_fact": round(1e6 * cpu_s / facts, 2),
                "ratio": round(plain_s / worker_s, 3) if plain_s else None,
                "bytes_per_fact": round(sum(len(d.payload) for d in deliveries) / facts, 1),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
