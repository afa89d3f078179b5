"""Every direction that is forbidden, and those that are allowed, on both brokers with real clients."""

import dataclasses
import time
from collections.abc import Iterator

import pytest
from servers.mosquitto import MosquittoServer
from servers.mqtt import MqttClient
from servers.nats import NatsServer

from aggregator.broker.accounts import NodeCredentials

Server = NatsServer | MosquittoServer

REFUSED = 128


@pytest.fixture(scope="module")
def nodes(server: Server) -> list[NodeCredentials]:
    return server.add_nodes(["node-a", "node-b"])


@pytest.fixture
def a(server: Server, nodes: list[NodeCredentials]) -> Iterator[MqttClient]:
    with MqttClient(server.url, nodes[0], clean=True) as client:
        yield client


@pytest.fixture
def b(server: Server, nodes: list[NodeCredentials]) -> Iterator[MqttClient]:
    with MqttClient(server.url, nodes[1], clean=True) as client:
        yield client


@pytest.fixture
def aggregator(server: Server, nodes: list[NodeCredentials]) -> Iterator[MqttClient]:
    del nodes  # made first, since mosquitto's reload is seen by its clients
    with MqttClient(server.url, server.broker.aggregator_credentials, clean=True) as client:
        yield client


@pytest.fixture
def tap(server: Server, nodes: list[NodeCredentials]) -> Iterator[MqttClient]:
    del nodes
    with MqttClient(server.url, server.broker.tap_credentials, clean=True) as client:
        yield client


def violations_soon(server: Server, count: int) -> list[tuple[str | None, str, str]]:
    seen: list[tuple[str | None, str, str]] = []
    deadline = time.monotonic() + 5
    while len(seen) < count and time.monotonic() < deadline:
        seen += [(each.user, each.operation, each.subject) for each in server.broker.violations()]
        time.sleep(0.02)
    return seen


def wait_for_log(server: Server, text: str, *, since: int) -> None:
    deadline = time.monotonic() + 5
    while text not in server.log()[since:]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("channel", ["state", "ev", "ms", "cfg", "job", "rsp"])
def test_a_node_may_say_anything_under_its_own_up(
    channel: str, a: MqttClient, aggregator: MqttClient
) -> None:
    assert aggregator.subscribe("mt/v1/up/#") == 1
    assert a.publish(f"mt/v1/up/node-a/{channel}", b"said")
    assert [each.topic for each in aggregator.wait_for(1)] == [f"mt/v1/up/node-a/{channel}"]


def test_a_node_hears_its_own_dn_and_the_host(a: MqttClient, aggregator: MqttClient) -> None:
    assert a.subscribe("mt/v1/dn/node-a/+", 1) == 1
    assert a.subscribe("mt/v1/host/state", 0) == 0
    for topic in ("mt/v1/dn/node-a/cfg", "mt/v1/dn/node-a/ack", "mt/v1/host/state"):
        assert aggregator.publish(topic, b"told")
    heard = {each.topic for each in a.wait_for(3)}
    assert heard == {"mt/v1/dn/node-a/cfg", "mt/v1/dn/node-a/ack", "mt/v1/host/state"}


def test_the_tap_hears_everything(a: MqttClient, aggregator: MqttClient, tap: MqttClient) -> None:
    assert tap.subscribe("mt/v1/#", 0) == 0
    assert a.publish("mt/v1/up/node-a/ev", b"up")
    assert aggregator.publish("mt/v1/dn/node-b/ack", b"down")
    assert aggregator.publish("mt/v1/host/state", b"host")
    assert {each.payload for each in tap.wait_for(3)} == {b"up", b"down", b"host"}


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize(
    "topic",
    [
        "mt/v1/up/node-b/ev",
        "mt/v1/up/node-b/state",
        "mt/v1/up/node-a",
        "mt/v1/up/node-a/ev/deeper",
        "mt/v1/up",
        "mt/v1/up/_tap/ev",
        "mt/v1/dn/node-a/cfg",
        "mt/v1/dn/node-b/cfg",
        "mt/v1/host/state",
        "mt/v1",
        "mt/v2/up/node-a/ev",
        "elsewhere",
        "$SYS/broker/log",
        "$MQTT/sub/x",
        "$JS/API/STREAM/DELETE/x",
    ],
)
def test_a_node_may_not_publish_beyond_its_up(
    topic: str,
    retain: bool,  # noqa: FBT001  a parameter of the table
    server: Server,
    a: MqttClient,
    tap: MqttClient,
) -> None:
    assert tap.subscribe("mt/v1/#") == 1
    server.broker.violations()
    assert a.publish(topic, b"forged", retain=retain)  # acknowledged all the same: MQTT 3.1.1 has no refusal
    assert a.publish("mt/v1/up/node-a/ev", b"sentinel")
    heard = tap.wait_for_payload(b"sentinel")
    assert b"forged" not in {each.payload for each in heard}
    with MqttClient(server.url, server.broker.tap_credentials, client_id="later", clean=True) as later:
        later.subscribe("mt/v1/#")
        assert a.publish("mt/v1/up/node-a/ev", b"sentinel")
        assert b"forged" not in {each.payload for each in later.wait_for_payload(b"sentinel")}
    assert violations_soon(server, 1) == [("node-a", "publish", topic)]


@pytest.mark.parametrize(
    "mqtt_filter",
    [
        "mt/v1/dn/node-b/cfg",
        "mt/v1/dn/node-b/+",
        "mt/v1/dn/+/cfg",
        "mt/v1/dn/#",
        "mt/v1/up/node-a/+",
        "mt/v1/up/node-b/ev",
        "mt/v1/up/#",
        "mt/v1/#",
        "mt/+/+/+/+",
        "+/+/+/+/+",
        "#",
        "$share/group/mt/v1/up/#",
        "$SYS/#",
        "$SYS/broker/version",
        "$MQTT/#",
        "$MQTT/sub/#",
        "$JS/#",
    ],
)
def test_a_node_hears_nothing_beyond_its_dn(
    mqtt_filter: str, server: Server, a: MqttClient, b: MqttClient, aggregator: MqttClient
) -> None:
    assert a.subscribe("mt/v1/dn/node-a/ack") == 1
    granted = a.subscribe(mqtt_filter)
    if isinstance(server, NatsServer):
        assert granted == REFUSED
    assert b.publish("mt/v1/up/node-b/ev", b"another's")
    assert a.publish("mt/v1/up/node-a/ev", b"its own, but up")
    assert aggregator.publish("mt/v1/dn/node-b/cfg", b"another's")
    assert aggregator.publish("mt/v1/dn/node-a/ack", b"sentinel")
    assert {each.topic for each in a.wait_for_payload(b"sentinel")} == {"mt/v1/dn/node-a/ack"}


def test_a_denied_subscription_is_told_by_nats(server: Server, a: MqttClient) -> None:
    server.broker.violations()
    a.subscribe("mt/v1/dn/node-b/+")
    expected = [("node-a", "subscribe", "mt/v1/dn/node-b/+")] if isinstance(server, NatsServer) else []
    assert violations_soon(server, len(expected)) == expected


@pytest.mark.parametrize("topic", ["mt/v1/up/_tap/ev", "mt/v1/up/node-a/ev", "mt/v1/dn/node-a/cfg", "x"])
def test_the_tap_publishes_nothing(topic: str, server: Server, tap: MqttClient) -> None:
    server.broker.violations()
    assert tap.publish(topic, b"forged")
    assert violations_soon(server, 1) == [("_tap", "publish", topic)]


@pytest.mark.parametrize("topic", ["mt/v1/up/node-a/ev", "mt/v1/up/_aggregator/ev", "mt/v1/dn/node-a", "x"])
def test_the_aggregator_does_not_speak_for_nodes(topic: str, server: Server, aggregator: MqttClient) -> None:
    server.broker.violations()
    assert aggregator.publish(topic, b"forged")
    assert violations_soon(server, 1) == [("_aggregator", "publish", topic)]


@pytest.mark.parametrize("chosen", ["node-a", "node-a-0123456789abcdef", 'node-a"', "node-a\\"])
def test_a_violation_names_the_user_and_not_the_client_id_that_it_chose(
    chosen: str, server: Server, nodes: list[NodeCredentials]
) -> None:
    server.broker.violations()
    with MqttClient(server.url, nodes[1], client_id=chosen, clean=True) as client:
        assert client.publish("mt/v1/up/node-a/ev", b"forged")
        assert violations_soon(server, 1) == [("node-b", "publish", "mt/v1/up/node-a/ev")]


NOBODY = NodeCredentials("nobody", "x" * 32, "nobody-1")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (None, None),
        ("nobody", "x" * 32),
        ("node-a", "x" * 32),
        ("node-a", ""),
        ("_aggregator", "x" * 32),
        ("_tap", ""),
        ("_keeper", "x" * 32),
        ("", ""),
    ],
)
def test_strangers_are_refused(
    user: str | None, password: str | None, server: Server, nodes: list[NodeCredentials]
) -> None:
    del nodes
    credentials = None if user is None else NodeCredentials(user, password or "", f"{user}-x")
    client = MqttClient(server.url, credentials, clean=True)
    try:
        assert client.connect().refusal is not None
    finally:
        client.close()


def test_a_nodes_password_opens_no_other_account(server: Server, nodes: list[NodeCredentials]) -> None:
    client = MqttClient(server.url, dataclasses.replace(nodes[0], user="node-b"), clean=True)
    try:
        assert client.connect().refusal is not None
    finally:
        client.close()


def test_the_keeper_may_not_use_mqtt(nats_server: NatsServer) -> None:
    keeper = nats_server.broker._store.accounts.keeper.credentials
    client = MqttClient(nats_server.url, keeper, clean=True)
    try:
        assert client.connect().refusal is not None
    finally:
        client.close()


def test_a_will_is_delivered_in_ones_own_topic(
    server: Server, nodes: list[NodeCredentials], aggregator: MqttClient
) -> None:
    aggregator.subscribe("mt/v1/up/#")
    node = MqttClient(server.url, nodes[0], clean=True, will=("mt/v1/up/node-a/state", b"gone"))
    node.connect()
    node.drop()
    assert b"gone" in {each.payload for each in aggregator.wait_for_payload(b"gone")}


@pytest.mark.parametrize("topic", ["mt/v1/up/node-b/state", "mt/v1/dn/node-b/cfg", "mt/v1/host/state"])
def test_a_will_over_ones_rights_is_dropped(
    topic: str, server: Server, nodes: list[NodeCredentials], tap: MqttClient, b: MqttClient
) -> None:
    tap.subscribe("mt/v1/#")
    server.broker.violations()
    log_before = len(server.log())
    node = MqttClient(server.url, nodes[0], clean=True, will=(topic, b"forged will"))
    node.connect()
    node.drop()
    if isinstance(server, NatsServer):
        assert violations_soon(server, 1) == [("node-a", "publish", topic)]
    else:  # mosquitto drops it without a word
        wait_for_log(server, "Client node-a closed its connection", since=log_before)
    assert b.publish("mt/v1/up/node-b/ev", b"sentinel")
    assert b"forged will" not in {each.payload for each in tap.wait_for_payload(b"sentinel")}


def test_another_nodes_client_id_gives_nothing_of_its_session(
    server: Server, nodes: list[NodeCredentials], aggregator: MqttClient
) -> None:
    """The id is secret. With a stolen one nats-server lets the thief end the connection, and that is all."""
    with MqttClient(server.url, nodes[0]) as victim:
        victim.subscribe("mt/v1/dn/node-a/+")
        with MqttClient(server.url, nodes[1], client_id="node-a") as guessing:
            assert victim.publish("mt/v1/up/node-a/ev", b"undisturbed")
            assert guessing.connected
        thief = MqttClient(server.url, nodes[1], client_id=nodes[0].client_id)
        thief.connect()
        aggregator.publish("mt/v1/dn/node-a/cmd", b"for node-a alone")
        thief.subscribe("mt/v1/dn/node-b/+")
        aggregator.publish("mt/v1/dn/node-b/ack", b"sentinel")
        if thief.connected:
            heard = thief.wait_for_payload(b"sentinel")
            assert {each.topic for each in heard} == {"mt/v1/dn/node-b/ack"}
        if isinstance(server, MosquittoServer):
            assert victim.connected
            assert b"for node-a alone" in {each.payload for each in victim.wait_for(1)}
        thief.close()
