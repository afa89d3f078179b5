import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import pytest
from builders.ingest import CODEC, STREAM, Site, events_from, rows_from
from builders.ingest_process import Settings
from servers.mosquitto import MosquittoServer
from servers.mqtt import MqttClient
from servers.nats import NatsServer
from servers.postgres import PostgresServer
from sqlalchemy import Engine

from aggregator.ingest.committer import Committer
from aggregator.ingest.ledger import Ledger
from aggregator.ingest.mqtt_inbox import MqttInbox, MqttLink
from aggregator.ingest.worker import IngestWorker, Pace
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from fleet.wire import topics
from fleet.wire.messages import Event, EventBatch, HostState, NodeState, Watermark

Broker = NatsServer | MosquittoServer
MIB = 1024 * 1024


def eventually(condition: Callable[[], bool], what: str, *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not in {timeout_s} s: {what}"
        time.sleep(0.02)


def inbox_on(broker: Broker, *, host_session: int | None = None) -> MqttInbox:
    account = broker.broker.aggregator_credentials
    link = MqttLink(broker.url, account.client_id, account.user, account.password)
    return MqttInbox(
        link, clock=lambda: datetime.now(tz=UTC), monotonic=time.monotonic, host_session=host_session
    )


class Running:
    """An aggregator's ingest on threads of this process."""

    def __init__(self, broker: Broker, engine: Engine, store: DuckDbStore) -> None:
        self.inbox = inbox_on(broker, host_session=77)
        self.site = Site(engine, store, Committer(Ledger(engine), store, lambda *_: None))
        self.worker = IngestWorker(
            self.inbox,
            Ledger(engine),
            store,
            on_state=lambda noted, _at: self.site.states.extend(noted),
            announce=lambda _: None,
            clock=lambda: datetime.now(tz=UTC),
            pace=Pace(retry_cap_s=0.5),
        )
        self.inbox.start()
        self.worker.start()
        eventually(lambda: self.inbox.connected, "connected")

    def stop(self) -> None:
        self.worker.stop()
        self.inbox.stop()


@pytest.fixture
def running(any_broker: Broker, engine: Engine, open_store: Callable[[], DuckDbStore]) -> Iterator[Running]:
    started = Running(any_broker, engine, open_store())
    yield started
    started.stop()


def watermarks(node: MqttClient) -> list[int]:
    found = [
        CODEC.decode(each.payload, Watermark) for each in list(node.received) if each.topic.endswith("/ack")
    ]
    return [mark.seq for mark in found if isinstance(mark, Watermark)]


def test_a_nodes_facts_are_stored_and_it_is_told_how_far(any_broker: Broker, running: Running) -> None:
    (account,) = any_broker.add_nodes(["node-1"])
    with MqttClient(any_broker.url, account) as node:
        node.subscribe(topics.down_filter("node-1"))
        for delivery in (events_from(1, 2, 3), rows_from(4, 5), events_from(9)):
            assert node.publish(delivery.topic, delivery.payload)
        eventually(lambda: 5 in watermarks(node), "the watermark")
        state = NodeState(session=3, phase="born", at_ms=1, stream=STREAM)
        seen = len(watermarks(node))
        node.publish("mt/v1/up/node-1/state", CODEC.encode(state), retain=True)
        eventually(lambda: watermarks(node)[seen:] == [5], "the watermark again, after the birth")
        assert [("node-1", state)] == running.site.states
    assert running.site.table("SELECT count(*) FROM events") == [(4,)]
    assert (running.worker.status.problem, running.worker.status.connected) == ("", True)


def test_poison_between_good_messages_stalls_nothing(any_broker: Broker, running: Running) -> None:
    (account,) = any_broker.add_nodes(["node-1"])
    with MqttClient(any_broker.url, account) as node:
        node.subscribe(topics.down_filter("node-1"))
        for number in range(1, 21):
            node.publish("mt/v1/up/node-1/ev", b"\x01\x00poison" + bytes([number]))
            node.publish("mt/v1/up/node-1/ev", events_from(number).payload)
        eventually(lambda: 20 in watermarks(node), "the watermark")
    assert running.site.table("SELECT count(*) FROM dead_letters") == [(20,)]


def test_the_host_says_that_it_is_online_and_when_it_leaves(any_broker: Broker, running: Running) -> None:
    (account,) = any_broker.add_nodes(["node-1"])
    with MqttClient(any_broker.url, account) as node:
        node.subscribe(topics.HOST_STATE, 0)
        running.stop()

        def said() -> list[bool]:
            found = [CODEC.decode(each.payload, HostState) for each in list(node.received)]
            return [each.online for each in found if isinstance(each, HostState)]

        eventually(lambda: said()[-1:] == [False], "offline")
        running.inbox, running.worker = (
            (again := Running(any_broker, running.site.engine, running.site.store)).inbox,
            again.worker,
        )
        eventually(lambda: said()[-1:] == [True], "online")


def test_ingest_goes_on_when_the_broker_comes_back(any_broker: Broker, running: Running) -> None:
    (account,) = any_broker.add_nodes(["node-1"])
    with MqttClient(any_broker.url, account) as node:
        node.publish("mt/v1/up/node-1/ev", events_from(1).payload)
    eventually(lambda: running.site.table("SELECT count(*) FROM events") == [(1,)], "the first")
    any_broker.kill9()
    eventually(lambda: not running.inbox.connected, "told that the broker is gone")
    assert "broker" in running.worker.status.problem
    any_broker.wipe_persistence()
    any_broker.start()
    eventually(lambda: running.inbox.connected, "connected again")
    with MqttClient(any_broker.url, account) as node:
        node.publish("mt/v1/up/node-1/ev", events_from(1, 2).payload)
        eventually(lambda: running.site.table("SELECT count(*) FROM events") == [(2,)], "the second")


def test_a_wrong_password_is_said_with_the_next_step(any_broker: Broker) -> None:
    account = any_broker.broker.aggregator_credentials
    link = MqttLink(any_broker.url, account.client_id, account.user, "wrong")
    inbox = MqttInbox(link, clock=lambda: datetime.now(tz=UTC), monotonic=time.monotonic)
    inbox.start()
    try:
        eventually(lambda: "check broker.user and its password" in inbox.problem, "the reason")
    finally:
        inbox.stop()


def test_nothing_is_acknowledged_while_the_database_is_away_and_memory_stays_flat(
    nats_server: NatsServer, tmp_path: Path, open_store: Callable[[], DuckDbStore]
) -> None:
    accounts = nats_server.add_nodes([f"node-{number}" for number in range(4)])
    facts = 4 * 600 * 10
    with PostgresServer(tmp_path / "pg") as postgres:
        url = postgres.create_database("matthan")
        engine = make_engine(url)
        upgrade(engine)
        running = Running(nats_server, engine, open_store())
        memory = psutil.Process()
        try:
            postgres.kill9()
            before = memory.memory_info().rss
            for number, account in enumerate(accounts):
                with MqttClient(nats_server.url, account) as node:
                    for first in range(1, 6_000, 10):
                        sent = events_from(*range(first, first + 10), node=f"node-{number}")
                        node._client.publish(sent.topic, sent.payload, qos=1)
                    node.publish("mt/v1/up/" + f"node-{number}/cfg", b"the last")
            eventually(lambda: running.worker.status.held > 0, "held")
            held = running.worker.status
            time.sleep(1.5)
            assert (held.counts.deliveries, "relational store" in held.problem) == (0, True)
            assert memory.memory_info().rss - before < 48 * MIB
            postgres.start()
            count = "SELECT count(*) FROM events"
            eventually(lambda: not running.worker.status.problem, "recovered", timeout_s=60)
            eventually(lambda: running.site.table(count) == [(facts,)], "all stored", timeout_s=60)
            assert running.site.table("SELECT count(*), min(watermark), max(watermark) FROM streams") == [
                (4, 6_000, 6_000)
            ]
        finally:
            running.stop()
            engine.dispose()


@pytest.mark.parametrize("die_at", ["after_rows", "before_ack"])
def test_a_crash_between_the_steps_loses_nothing_and_doubles_nothing(
    any_broker: Broker, database_url: str, tmp_path: Path, die_at: str
) -> None:
    (account,) = any_broker.add_nodes(["node-1"])
    ours = any_broker.broker.aggregator_credentials
    timeseries = tmp_path / "timeseries.duckdb"

    def start(die_at: str) -> subprocess.Popen[str]:
        settings = Settings(
            database_url, str(timeseries), any_broker.url, ours.user, ours.password, ours.client_id, die_at, 1
        )
        path = tmp_path / "settings.json"
        path.write_bytes(msgspec.json.encode(settings))
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [sys.executable, "-m", "builders.ingest_process", str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "connected\n"
        return process

    processes: list[subprocess.Popen[str]] = []
    try:
        with MqttClient(any_broker.url, account) as node:
            node.subscribe(topics.down_filter("node-1"))
            dying = start(die_at)
            send_all(node)
            assert dying.wait(20) == -9
            start("")
            send_all(node)  # as a node does when the watermark stands still
            eventually(lambda: 2_000 in watermarks(node), "the watermark", timeout_s=40)
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    engine, store = make_engine(database_url), DuckDbStore(timeseries)
    site = Site(engine, store, Committer(Ledger(engine), store, lambda *_: None))
    assert site.table("SELECT count(*), count(DISTINCT seq) FROM events") == [(1_000, 1_000)]
    assert [(found.rows, found.repeated) for found in store.counts()] == [(1_000, 0)]
    store.close()
    engine.dispose()


def test_two_workers_that_get_the_same_messages_store_them_once(
    nats_server: NatsServer, postgres_url: str, tmp_path: Path
) -> None:
    (account,) = nats_server.add_nodes(["node-1"])
    ours = nats_server.broker.aggregator_credentials
    engine = make_engine(postgres_url)
    upgrade(engine)
    pairs = []
    for number in range(2):
        link = MqttLink(nats_server.url, f"{ours.client_id}-{number}", ours.user, ours.password)
        inbox = MqttInbox(link, clock=lambda: datetime.now(tz=UTC), monotonic=time.monotonic)
        store = DuckDbStore(tmp_path / f"{number}.duckdb")
        worker = IngestWorker(
            inbox,
            Ledger(engine),
            store,
            on_state=lambda *_: None,
            announce=lambda _: None,
            clock=lambda: datetime.now(tz=UTC),
            pace=Pace(deliveries=7),
        )
        inbox.start()
        eventually(lambda: inbox.connected, "connected")  # noqa: B023  called before the next turn
        worker.start()
        pairs.append((inbox, worker, store))
    with MqttClient(nats_server.url, account) as node:
        node.subscribe(topics.down_filter("node-1"))
        for first in range(1, 1_001, 5):
            batch = EventBatch(STREAM, events_of(first))
            node.publish("mt/v1/up/node-1/ev", CODEC.encode(batch))
        eventually(lambda: 1_000 in watermarks(node), "the watermark")
        eventually(lambda: all(worker.status.counts.deliveries == 200 for _, worker, _ in pairs), "both")
    site = Site(engine, pairs[0][2], Committer(Ledger(engine), pairs[0][2], lambda *_: None))
    stored = sum(worker.status.counts.events for _, worker, _ in pairs)
    repeated = sum(worker.status.counts.repeated for _, worker, _ in pairs)
    for inbox, worker, store in pairs:
        worker.stop()
        inbox.stop()
        store.close()
    assert site.table("SELECT count(*) FROM events") == [(1_000,)]
    assert (stored, repeated) == (1_000, 1_000)
    engine.dispose()


def events_of(first: int) -> tuple[Event, ...]:
    decoded = CODEC.decode(events_from(*range(first, first + 5)).payload, EventBatch)
    assert isinstance(decoded, EventBatch)
    return decoded.events


def send_all(node: MqttClient) -> None:
    for first in range(1, 2_001, 20):
        events, rows = events_from(*range(first, first + 10)), rows_from(*range(first + 10, first + 20))
        node.publish(events.topic, events.payload)
        node.publish(rows.topic, rows.payload)
