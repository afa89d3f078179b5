"""Ingest on InfluxDB: refused lines become dead letters, and a server that is away holds deliveries."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders.ingest import CODEC, NOW, STREAM, rows_from
from builders.timeseries import influx_v1
from servers.influxdb import InfluxServer
from servers.patience import eventually
from sqlalchemy import Engine, text

from aggregator.ingest.committer import Committer
from aggregator.ingest.cycle import sort_out
from aggregator.ingest.inbox import Delivery
from aggregator.ingest.ledger import Ledger
from aggregator.ingest.worker import IngestWorker, Pace
from aggregator.storage.relational.engine import make_engine, reading
from aggregator.storage.relational.migrations import upgrade


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated SQLite."""
    made = make_engine(f"sqlite:///{tmp_path}/matthan.sqlite")
    upgrade(made)
    yield made
    made.dispose()


class Window:
    """An inbox like a broker's: it hands out at most `size` deliveries that are not acknowledged."""

    connected = True
    problem = ""

    def __init__(self, deliveries: list[Delivery], size: int) -> None:
        self._waiting = deliveries
        self._size = size
        self._out = 0
        self.most_out = 0
        self.acked: list[Delivery] = []

    def receive(self, most: int, wait_s: float) -> list[Delivery]:
        free = max(0, min(most, self._size - self._out))
        given, self._waiting = self._waiting[:free], self._waiting[free:]
        self._out += len(given)
        self.most_out = max(self.most_out, self._out)
        if not given:
            threading.Event().wait(wait_s)
        return given

    def ack(self, deliveries: list[Delivery]) -> None:
        self._out -= len(deliveries)
        self.acked += deliveries

    def publish(self, _topic: str, _payload: bytes) -> None:
        return


def test_refused_rows_are_dead_letters_with_their_line_and_the_watermark_passes_them(
    influx_server: InfluxServer, engine: Engine
) -> None:
    store = influx_v1(influx_server, "letters")
    store.check()
    day = 86_400_000_000_000
    start_ns = 1_770_000_120_000_000_000 // day * day
    influx_server.write("letters", f"flow,node=x value=1i {start_ns}")
    committer = Committer(Ledger(engine), store, lambda _node, _state, _at: None)
    outcome = committer.commit(sort_out([rows_from(1, 2, 3), rows_from(9, node="node-2")], CODEC), NOW)
    assert outcome.watermarks == {("node-1", STREAM.hex()): 3, ("node-2", STREAM.hex()): 0}
    with reading(engine) as connection:
        letters = connection.execute(text("SELECT node, seqs, reason, detail FROM dead_letters")).all()
    assert sorted((letter.node, letter.seqs, letter.reason) for letter in letters) == [
        ("node-1", "[1,2,3]", "store_refused"),
        ("node-2", "[9]", "store_refused"),
    ]
    assert all("measurement 'flow', field 'value'" in letter.detail for letter in letters)
    assert all("line: flow,class=person," in letter.detail for letter in letters)
    assert store.counts() == ()
    store.close()


def test_while_the_server_is_away_nothing_is_acknowledged_and_no_more_is_taken(
    engine: Engine, tmp_path: Path
) -> None:
    inbox = Window([rows_from(seq) for seq in range(1, 301)], size=20)
    with InfluxServer(tmp_path / "influx") as server:
        store = influx_v1(server, "held")
        store.check()
        server.kill9()
        worker = IngestWorker(
            inbox,
            Ledger(engine),
            store,
            on_state=lambda _node, _state, _at: None,
            announce=lambda _announcement: None,
            clock=lambda: datetime.now(tz=UTC),
            pace=Pace(retry_base_s=0.05, retry_cap_s=0.1),
        )
        worker.start()
        status = eventually(lambda: worker.status, lambda found: bool(found.problem))
        assert "does not take rows" in status.problem
        assert (status.held, inbox.acked, inbox.most_out) == (20, [], 20)
        server.start()
        assert eventually(lambda: len(inbox.acked), lambda count: count == 300) == 300
        worker.stop()
        assert [found.rows for found in store.counts()] == [300]
        assert (worker.status.problem, inbox.most_out) == ("", 20)
        store.close()
