"""The uplink against both real brokers: settlement, outages, refusals, wills, resending."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Self

import pytest
from servers.bookkeeper import Bookkeeper
from servers.mosquitto import MosquittoServer
from servers.nats import NatsServer
from servers.proxy import FaultyProxy

from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.sealed import UNNUMBERED, Sealed
from edge_agent.uplink.connection import Connection
from edge_agent.uplink.endpoint import Endpoint
from edge_agent.uplink.errors import BrokerRefusedError
from edge_agent.uplink.publisher import Uplink, UplinkSettings
from edge_agent.uplink.status import NodeFigures
from fleet.wire.messages import Event, MeasurementRow
from fleet.wire.topics import UpChannel, down_filter, up

Server = NatsServer | MosquittoServer
NODE = "cam-node"


class Node:
    """An outbox and its uplink, as the agent composes them."""

    def __init__(
        self, folder: Path, server: Server, *, port: int = 0, password: str = "", resend_s: float = 30
    ) -> None:
        account = server.add_nodes([NODE])[0]
        self.outbox = Outbox(folder / "outbox.sqlite", quota_bytes=2**26)
        self.endpoint = Endpoint(
            "127.0.0.1", port or server.port, False, "", account.user, password or account.password,
            account.client_id, ping_s=2,
        )  # fmt: skip
        settings = UplinkSettings(
            NODE, resend_s=resend_s, health_s=1.0, retry_first_s=0.2, refused_first_s=0.5
        )
        self.uplink = Uplink(settings, self.endpoint, self.outbox, self.figures, rng=Random(1))

    def figures(self) -> NodeFigures:
        stats = self.outbox.stats()[0]
        return NodeFigures(stream=stats.stream, last_seq=stats.last_seq, outbox_rows=stats.rows)

    def add(self, count: int, *, kind: str = "line_crossed", first: int = 0) -> None:
        for n in range(first, first + count, 20):
            events = [
                Sealed(Event(UNNUMBERED, 1_700_000_000_000 + m, 0, kind, "gate", "cam-01", track_id=m))
                for m in range(n, min(n + 20, first + count))
            ]
            self.outbox.append(events)

    def add_rows(self, count: int) -> None:
        self.outbox.append(
            [
                Sealed(
                    MeasurementRow(
                        UNNUMBERED, 1_700_000_000_000, 60.0, "flow", "cam-01", "gate", "car", "", n
                    )
                )
                for n in range(count)
            ]
        )

    def __enter__(self) -> Self:
        self.uplink.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.uplink.stop()
        self.outbox.close()

    @property
    def waiting(self) -> int:
        return self.outbox.stats()[0].rows


def soon(condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.02)


@pytest.fixture
def keeper(any_broker: Server) -> Iterator[Bookkeeper]:
    any_broker.add_nodes([NODE])
    with Bookkeeper(any_broker.url, any_broker.broker.aggregator_credentials) as keeper:
        yield keeper


@pytest.fixture
def silent_keeper(any_broker: Server) -> Iterator[Bookkeeper]:
    any_broker.add_nodes([NODE])
    credentials = any_broker.broker.aggregator_credentials
    with Bookkeeper(any_broker.url, credentials, confirming=False) as keeper:
        yield keeper


def test_everything_is_settled_once_the_aggregator_confirms(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper
) -> None:
    with Node(tmp_path, any_broker) as node:
        node.add(700)
        node.add_rows(300)
        node.add(1, kind="intruded")
        soon(lambda: node.waiting == 0)
    seqs = sorted(seq for _, _, seq in keeper.facts)
    assert seqs == list(range(1, 1_002))
    assert set(keeper.facts.values()) == {1}
    assert keeper.refused == []
    assert [state.phase for state in keeper.states][:1] == ["born"]
    keeper.wait(lambda: keeper.states[-1].phase == "gone")
    assert len({state.session for state in keeper.states}) == 1


def test_an_alarm_goes_at_once_and_alone_before_a_backlog(
    tmp_path: Path, any_broker: Server, silent_keeper: Bookkeeper
) -> None:
    keeper = silent_keeper
    node = Node(tmp_path, any_broker)
    node.add(3_000)
    node.add(1, kind="intruded", first=9_000)
    with node:
        keeper.wait(lambda: len(keeper.facts) == 3_001)
    assert keeper.order[0] == (UpChannel.EVENTS, [3_001])
    rest = [seq for _, seqs in keeper.order[1:] for seq in seqs]
    assert rest == list(range(1, 3_001))
    assert max(len(seqs) for _, seqs in keeper.order) == 50


def test_an_alarm_arrives_long_before_a_batch_would(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper
) -> None:
    took_s = []
    with Node(tmp_path, any_broker) as node:
        for number in range(70, 80):  # the machine may be busy for one of them, not for all
            soon(lambda: node.waiting == 0)
            began_s = time.monotonic()
            node.add(1, kind="intruded", first=number)
            keeper.wait(lambda: any(event.track_id == number for event in keeper.events.values()))  # noqa: B023  asked before the next
            took_s.append(time.monotonic() - began_s)
    assert min(took_s) < 0.2


def test_nothing_is_lost_when_the_broker_is_killed_and_its_store_wiped(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper
) -> None:
    with Node(tmp_path, any_broker) as node:
        for round_ in range(3):
            node.add(400, first=round_ * 400)
            time.sleep(0.1)
            any_broker.kill9()
            if round_ == 1:
                any_broker.wipe_persistence()
            node.add(100, first=5_000 + round_ * 100)
            any_broker.start()
        soon(lambda: node.waiting == 0, 40)
    assert sorted(seq for _, _, seq in keeper.facts) == list(range(1, 1_501))


def test_what_is_not_confirmed_is_sent_again_in_order_after_silence(
    tmp_path: Path, any_broker: Server, silent_keeper: Bookkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = silent_keeper
    with Node(tmp_path, any_broker, resend_s=1.0) as node:
        node.add(120)
        keeper.wait(lambda: len(keeper.facts) == 120 and min(keeper.facts.values()) == 2)
        assert "confirmed nothing" in node.uplink.problem
        keeper.confirming = True
        soon(lambda: node.waiting == 0)
        soon(lambda: node.uplink.problem == "")
    seqs = [seq for _, seqs in keeper.order for seq in seqs]
    assert seqs[:240] == [*range(1, 121), *range(1, 121)]
    assert "check that it runs" in caplog.text


def test_while_no_aggregator_runs_nothing_is_sent_again(
    tmp_path: Path, any_broker: Server, silent_keeper: Bookkeeper
) -> None:
    """Or a long absence would fill the broker with repetitions."""
    keeper = silent_keeper
    keeper.announce(online=False)
    with Node(tmp_path, any_broker, resend_s=1.0) as node:
        node.add(20)
        soon(lambda: "no aggregator" in node.uplink.problem)
        keeper.wait(lambda: len(keeper.facts) == 20)
        time.sleep(2.5)
        assert set(keeper.facts.values()) == {1}
        keeper.announce(online=True)
        keeper.wait(lambda: min(keeper.facts.values()) == 2)


@pytest.mark.parametrize("other", [True, False])
def test_a_false_acknowledgement_deletes_nothing(
    tmp_path: Path,
    any_broker: Server,
    silent_keeper: Bookkeeper,
    caplog: pytest.LogCaptureFixture,
    *,
    other: bool,
) -> None:
    keeper = silent_keeper
    with Node(tmp_path, any_broker) as node:
        node.add(10)
        keeper.wait(lambda: len(keeper.facts) == 10)
        stream = b"\x07" * 8 if other else node.outbox.streams()[0]
        keeper.confirm(NODE, stream, 10_000)
        soon(lambda: "ignored an acknowledgement" in caplog.text)
        assert node.waiting == 10
        keeper.confirm(NODE, node.outbox.streams()[0], 10)
        soon(lambda: node.waiting == 0)


def test_a_wrong_password_is_said_once_with_the_next_step_and_nothing_is_lost(
    tmp_path: Path, any_broker: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with Node(tmp_path, any_broker, password="wrong") as node:
        node.add(5)
        soon(lambda: "broker.password_file" in node.uplink.problem)
        time.sleep(1.5)
        assert node.waiting == 5
    said = [r for r in caplog.records if r.levelno >= logging.WARNING and "password_file" in r.getMessage()]
    assert len(said) == 1
    assert "wrong" not in caplog.text.replace("wrong password", "")


def test_a_dead_link_is_noticed_within_one_and_a_half_keepalives(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper
) -> None:
    keepalive_s = 3.0  # what a configuration must say for ping_s = 2
    with FaultyProxy(any_broker.port) as proxy, Node(tmp_path, any_broker, port=proxy.port) as node:
        soon(lambda: node.uplink.problem == "")
        proxy.freeze()
        began_s = time.monotonic()
        soon(lambda: node.uplink.problem != "")
        assert time.monotonic() - began_s < 1.5 * keepalive_s + 1.0
        node.add(10)
        proxy.restore()
        soon(lambda: node.waiting == 0, 30)
    assert len(keeper.facts) == 10


def test_a_refused_subscription_is_fatal_for_the_connection_and_said(
    nats_server: NatsServer,
) -> None:
    """Only nats-server refuses; mosquitto grants everything and filters at delivery."""
    account = nats_server.add_nodes([NODE])[0]
    endpoint = Endpoint(
        "127.0.0.1", nats_server.port, False, "", account.user, account.password, account.client_id, ping_s=2
    )
    connection = Connection(endpoint, (up(NODE, UpChannel.STATE), b"gone"), lambda *_: None)
    connection.open(lambda: False)
    with pytest.raises(BrokerRefusedError, match=r"dn/other-node/.*check the rights"):
        connection.subscribe([(down_filter(NODE), 1), (down_filter("other-node"), 1)], lambda: False)
    connection.close(politely=True)


def test_a_stream_that_went_back_in_time_is_ended_and_its_new_facts_arrive(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    """A card restored from an image would give the same numbers to other facts."""
    card, image = tmp_path / "card", tmp_path / "image"
    node = Node(card, any_broker)
    node.add(20)
    node.uplink.stop()
    node.outbox.close()
    shutil.copytree(card, image)
    with Node(card, any_broker) as node:
        node.add(30, first=100)
        soon(lambda: node.waiting == 0)
    with Node(image, any_broker) as node:
        node.add(30, first=900)
        soon(lambda: node.waiting == 0)
    assert {event.track_id for event in keeper.events.values()} == {
        *range(20),
        *range(100, 130),
        *range(900, 930),
    }
    assert "older than what the aggregator has" in caplog.text


def test_a_stream_that_went_back_in_time_loses_nothing_to_a_late_aggregator(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    """Sent before the aggregator's word, its facts would be taken for repetitions and settled unseen."""
    card, image = tmp_path / "card", tmp_path / "image"
    node = Node(card, any_broker)
    node.add(20)
    node.uplink.stop()
    node.outbox.close()
    shutil.copytree(card, image)
    with Node(card, any_broker) as node:
        node.add(30, first=100)
        soon(lambda: node.waiting == 0)
    keeper.confirming = False
    with Node(image, any_broker, resend_s=1.5) as node:
        node.add(30, first=900)
        soon(lambda: "does not say how far" in node.uplink.problem)
        keeper.confirming = True
        soon(lambda: node.waiting == 0)
        soon(lambda: node.uplink.problem == "")
    assert {event.track_id for event in keeper.events.values()} == {
        *range(20),
        *range(100, 130),
        *range(900, 930),
    }
    assert "older than what the aggregator has" in caplog.text


def test_a_database_restored_from_a_backup_does_not_stop_the_node(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    """What it has lost was settled and deleted long ago: declared, it is counted and passed."""
    with Node(tmp_path, any_broker, resend_s=1.0) as node:
        node.add(40)
        soon(lambda: node.waiting == 0)
        stream = node.outbox.streams()[0]
        keeper.restore(NODE, stream, 25)
        node.add(10, first=100)
        soon(lambda: node.waiting == 0)
    assert {seq for _, _, seq in keeper.skipped} == set(range(26, 41))
    assert {seq for _, _, seq in keeper.facts} == {*range(1, 26), *range(41, 51)}
    assert "lost facts 26 to 40" in caplog.text


_NODE_PROGRAM = """
import sys, time
from pathlib import Path
from random import Random
from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.sealed import Sealed
from edge_agent.uplink.endpoint import Endpoint
from edge_agent.uplink.publisher import Uplink, UplinkSettings
from edge_agent.uplink.status import NodeFigures
from fleet.wire.messages import Event
path, port, user, password, client_id = sys.argv[1:]
outbox = Outbox(Path(path), quota_bytes=2**26)
endpoint = Endpoint("127.0.0.1", int(port), False, "", user, password, client_id, ping_s=2)
settings = UplinkSettings(user, health_s=1.0, retry_first_s=0.2)
uplink = Uplink(settings, endpoint, outbox, NodeFigures, rng=Random(1))
uplink.start()
while True:
    outbox.append([Sealed(Event(1, 1_700_000_000_000, 0, "line_crossed", "gate", "cam-01"))])
    sys.stdout.write(f"{outbox.stats()[0].last_seq}\\n")
    sys.stdout.flush()
    time.sleep(0.002)
"""


def test_a_killed_node_is_declared_gone_and_loses_nothing(
    tmp_path: Path, any_broker: Server, keeper: Bookkeeper
) -> None:
    account = any_broker.add_nodes([NODE])[0]
    path = tmp_path / "outbox.sqlite"
    confirmed = 0
    for _ in range(3):
        arguments = [str(path), str(any_broker.port), account.user, account.password, account.client_id]
        with subprocess.Popen(
            [sys.executable, "-c", _NODE_PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(400):
                confirmed = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
        keeper.wait(lambda: keeper.states[-1].phase == "gone")
        born = [state for state in keeper.states if state.phase == "born"]
        assert keeper.states[-1].session == born[-1].session
    with Node(tmp_path, any_broker) as node:
        soon(lambda: node.waiting == 0)
    assert sorted(seq for _, _, seq in keeper.facts)[:confirmed] == list(range(1, confirmed + 1))
    assert len({stream for _, stream, _ in keeper.facts}) == 1
