"""What outlives connections, restarts and kills, and what ends them, on both brokers."""

import time

import pytest
from servers.mosquitto import MosquittoServer
from servers.mqtt import MqttClient
from servers.nats import NatsServer
from servers.ports import LOOPBACK

from aggregator.broker.mqtt_connect import ConnectAnswer, MqttAddress, connect_clean
from fleet.wire.codec import MAX_PAYLOAD

Server = NatsServer | MosquittoServer


def queue_for_the_aggregator(server: Server, count: int) -> list[bytes]:
    """Leave `count` acknowledged messages in the queue of an aggregator that is away."""
    node = server.add_nodes(["node-a"])[0]
    away = MqttClient(server.url, server.broker.aggregator_credentials)
    away.connect()
    away.subscribe("mt/v1/up/#")
    away.drop()
    payloads = [f"fact {number}".encode() for number in range(count)]
    with MqttClient(server.url, node) as client:
        for payload in payloads:
            assert client.publish("mt/v1/up/node-a/ev", payload)
    return payloads


def drain(server: Server, count: int) -> tuple[bool, list[bytes]]:
    """Come back as the aggregator; return whether the session was there, and what it was owed."""
    client = MqttClient(server.url, server.broker.aggregator_credentials)
    answer = client.connect()
    try:
        return answer.session_present, [each.payload for each in client.wait_for(count)]
    finally:
        client.close()


def test_session_and_queue_survive_an_orderly_restart(any_broker: Server) -> None:
    payloads = queue_for_the_aggregator(any_broker, 200)
    any_broker.restart()
    assert drain(any_broker, 200) == (True, payloads)


def test_session_and_queue_of_nats_survive_kill9(nats_server: NatsServer) -> None:
    payloads = queue_for_the_aggregator(nats_server, 200)
    nats_server.kill9()
    nats_server.start()
    assert drain(nats_server, 200) == (True, payloads)


def test_the_supervisor_brings_a_killed_nats_back_with_everything(nats_server: NatsServer) -> None:
    payloads = queue_for_the_aggregator(nats_server, 50)
    for _ in range(2):
        dead = nats_server.pid
        nats_server.crash()
        deadline = time.monotonic() + 10
        address = MqttAddress(LOOPBACK, nats_server.port)
        probe = nats_server.broker.tap_credentials
        while nats_server.pid == dead or connect_clean(address, probe) is not ConnectAnswer.ACCEPTED:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert drain(nats_server, 50) == (True, payloads)


def test_a_wiped_broker_comes_back_empty_with_the_same_accounts(any_broker: Server) -> None:
    queue_for_the_aggregator(any_broker, 5)
    before = any_broker.broker.aggregator_credentials
    any_broker.kill9()
    any_broker.wipe_persistence()
    any_broker.start()
    assert any_broker.broker.aggregator_credentials == before
    client = MqttClient(any_broker.url, before)
    assert not client.connect().session_present
    client.close()


def test_retained_state_is_told_to_newcomers_also_after_a_restart(any_broker: Server) -> None:
    node = any_broker.add_nodes(["node-a"])[0]
    with MqttClient(any_broker.url, node) as client:
        assert client.publish("mt/v1/up/node-a/state", b"first", retain=True)
        assert client.publish("mt/v1/up/node-a/state", b"online", retain=True)
        assert client.publish("mt/v1/up/node-a/ev", b"not retained")
    for _ in range(2):
        with MqttClient(any_broker.url, any_broker.broker.aggregator_credentials, clean=True) as newcomer:
            newcomer.subscribe("mt/v1/up/#")
            (told,) = newcomer.wait_for(1)
            assert (told.payload, told.retain) == (b"online", True)
        any_broker.restart()


def test_retained_state_of_nats_survives_kill9(nats_server: NatsServer) -> None:
    node = nats_server.add_nodes(["node-a"])[0]
    with MqttClient(nats_server.url, node) as client:
        assert client.publish("mt/v1/up/node-a/state", b"online", retain=True)
        nats_server.kill9()
    nats_server.start()
    with MqttClient(nats_server.url, nats_server.broker.tap_credentials, clean=True) as newcomer:
        newcomer.subscribe("mt/v1/#")
        assert newcomer.wait_for(1)[0].payload == b"online"


def test_revocation_cuts_that_session_and_no_other(any_broker: Server) -> None:
    gone, stays = any_broker.add_nodes(["node-a", "node-b"])
    aggregator = MqttClient(any_broker.url, any_broker.broker.aggregator_credentials)
    with MqttClient(any_broker.url, stays) as other, MqttClient(any_broker.url, gone) as cut, aggregator:
        aggregator.subscribe("mt/v1/up/#")
        cut.subscribe("mt/v1/dn/node-a/+")
        started = time.monotonic()
        assert any_broker.broker.revoke_node("node-a")
        cut.wait_until_cut(timeout_s=2)
        print(f"revoked and cut in {time.monotonic() - started:.3f} s")
        assert other.connected
        assert aggregator.connected
        assert other.publish("mt/v1/up/node-b/ev", b"goes on")
        assert b"goes on" in {each.payload for each in aggregator.wait_for_payload(b"goes on")}
    again = MqttClient(any_broker.url, gone)
    assert again.connect().refusal is not None
    again.close()
    assert not any_broker.broker.revoke_node("node-a")


def test_a_node_that_is_added_again_gets_a_new_password_and_an_empty_session(any_broker: Server) -> None:
    old = any_broker.add_nodes(["node-a"])[0]
    with MqttClient(any_broker.url, old) as client:
        client.subscribe("mt/v1/dn/node-a/+")
    with MqttClient(any_broker.url, any_broker.broker.aggregator_credentials, clean=True) as aggregator:
        aggregator.publish("mt/v1/dn/node-a/cmd", b"for the old one")
    any_broker.broker.revoke_node("node-a")
    new = any_broker.add_nodes(["node-a"])[0]
    assert new.password != old.password
    client = MqttClient(any_broker.url, new)
    assert not client.connect().session_present
    client.subscribe("mt/v1/dn/node-a/+")
    with MqttClient(any_broker.url, any_broker.broker.aggregator_credentials, clean=True) as aggregator:
        aggregator.publish("mt/v1/dn/node-a/cmd", b"for the new one")
    assert [message.payload for message in client.wait_for(1)] == [b"for the new one"]
    client.close()


def test_accounts_outlive_a_restart_and_are_not_made_twice(any_broker: Server) -> None:
    first = any_broker.add_nodes(["node-a", "node-b"])
    any_broker.restart()
    assert any_broker.add_nodes(["node-b", "node-a"]) == first[::-1]
    with MqttClient(any_broker.url, first[0]):
        pass


def test_adding_nodes_disturbs_nobody(any_broker: Server) -> None:
    node = any_broker.add_nodes(["node-a"])[0]
    with MqttClient(any_broker.url, node) as client:
        for number in range(5):
            any_broker.add_nodes([f"new-{number}"])
        assert client.connected
        assert client.publish("mt/v1/up/node-a/ev", b"x")


def test_an_oversize_payload_cuts_its_sender_alone_and_the_largest_message_passes(any_broker: Server) -> None:
    sender, other = any_broker.add_nodes(["node-a", "node-b"])
    with (
        MqttClient(any_broker.url, any_broker.broker.aggregator_credentials) as aggregator,
        MqttClient(any_broker.url, sender) as client,
        MqttClient(any_broker.url, other) as bystander,
    ):
        aggregator.subscribe("mt/v1/up/#")
        assert client.publish("mt/v1/up/node-a/ev", bytes(MAX_PAYLOAD))
        assert len(aggregator.wait_for(1)[0].payload) == MAX_PAYLOAD
        assert not client.publish("mt/v1/up/node-a/ev", bytes(2 * MAX_PAYLOAD + 1))
        client.wait_until_cut()
        assert bystander.publish("mt/v1/up/node-b/ev", b"goes on")
        assert aggregator.wait_for(2)[1].payload == b"goes on"


def test_a_thousand_nodes_are_added_with_one_reload(any_broker: Server) -> None:
    started = time.monotonic()
    credentials = any_broker.add_nodes(f"node-{number}" for number in range(1_000))
    bulk_s = time.monotonic() - started
    started = time.monotonic()
    any_broker.add_nodes(["one-more"])
    one_s = time.monotonic() - started
    print(f"{any_broker.name}: 1,000 nodes live in {bulk_s:.3f} s, one more in {one_s:.3f} s")
    with MqttClient(any_broker.url, credentials[-1]) as client:
        assert client.publish("mt/v1/up/node-999/state", b"here")
    assert bulk_s < 10
    assert one_s < 10


def test_a_full_queue_drops_its_oldest_and_lets_everybody_connect(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Without the bound no client could connect any more once the store is full, the aggregator included."""
    with NatsServer(tmp_path_factory.mktemp("nats"), queue_mib=4) as server:
        node = server.add_nodes(["node-a"])[0]
        away = MqttClient(server.url, server.broker.aggregator_credentials)
        away.connect()
        away.subscribe("mt/v1/up/#")
        away.drop()
        padding = bytes(MAX_PAYLOAD - 2)
        with MqttClient(server.url, node) as client:
            for number in range(40):
                assert client.publish("mt/v1/up/node-a/ev", number.to_bytes(2) + padding)
        server.restart()  # the bound outlives it
        with MqttClient(server.url, node) as client:
            assert client.publish("mt/v1/up/node-a/ev", (40).to_bytes(2) + padding)
        present, owed = drain(server, 15)
    numbers = [int.from_bytes(payload[:2]) for payload in owed]
    assert present
    assert numbers == list(range(41 - len(numbers), 41))
    assert len(numbers) <= 16


def test_what_a_revoked_node_retained_is_told_to_nobody(any_broker: Server) -> None:
    gone, stays = any_broker.add_nodes(["node-a", "node-b"])
    for node in (gone, stays):
        with MqttClient(any_broker.url, node) as client:
            assert client.publish(f"mt/v1/up/{node.user}/state", b"online", retain=True)
    any_broker.broker.revoke_node("node-a")
    with MqttClient(any_broker.url, any_broker.broker.tap_credentials, clean=True) as newcomer:
        newcomer.subscribe("mt/v1/#")
        newcomer.wait_for(1)
        with MqttClient(any_broker.url, stays) as client:
            assert client.publish("mt/v1/up/node-b/ev", b"sentinel")
        told = {each.topic for each in newcomer.wait_for_payload(b"sentinel") if each.retain}
    assert told == {"mt/v1/up/node-b/state"}
