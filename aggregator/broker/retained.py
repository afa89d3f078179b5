"""Retained messages as a client sees them: counted after a start, cleared before a node is revoked."""

import time
from collections.abc import Callable
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from aggregator.broker.accounts import NodeCredentials
from aggregator.broker.mqtt_connect import MqttAddress
from fleet.wire import topics

RETAINED_CHANNELS: Final = (topics.UpChannel.STATE, topics.UpChannel.CONFIG)
"""What nodes retain; clearing is an empty message, which the aggregator hears too."""
_LOOP_S: Final = 0.02


def count_retained(address: MqttAddress, tap: NodeCredentials, *, enough: int, patience_s: float) -> int:
    """Connect as the tap and return how many retained messages come, at most `enough`, within `patience_s`.

    Runs in the caller's thread. A broker that does not answer gives 0.
    """
    told = 0

    def subscribe(
        client: paho.Client,
        _user: None,
        _flags: paho.ConnectFlags,
        code: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if not code.is_failure:
            client.subscribe(topics.EVERYTHING, qos=0)

    def count(_client: paho.Client, _user: None, message: paho.MQTTMessage) -> None:
        nonlocal told
        told += message.retain

    client = _client(tap)
    client.on_connect = subscribe
    client.on_message = count
    _loop(client, address, until=lambda: told >= enough, patience_s=patience_s)
    return told


def clear_retained(address: MqttAddress, node: NodeCredentials, *, patience_s: float) -> bool:
    """Connect as the node, which ends its connection, and clear what it retained; True when acknowledged."""
    waiting = {topics.up(node.user, channel) for channel in RETAINED_CHANNELS}
    by_number: dict[int, str] = {}

    def clear(
        client: paho.Client,
        _user: None,
        _flags: paho.ConnectFlags,
        code: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if not code.is_failure:
            for topic in waiting:
                by_number[client.publish(topic, b"", qos=1, retain=True).mid] = topic

    def acknowledged(
        _client: paho.Client, _user: None, number: int, _code: ReasonCode, _props: Properties
    ) -> None:
        waiting.discard(by_number.get(number, ""))

    client = _client(node)
    client.on_connect = clear
    client.on_publish = acknowledged
    _loop(client, address, until=lambda: not waiting, patience_s=patience_s)
    return not waiting


def _client(credentials: NodeCredentials) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=credentials.client_id, clean_session=True)
    client.username_pw_set(credentials.user, credentials.password)
    return client


def _loop(client: paho.Client, address: MqttAddress, *, until: Callable[[], bool], patience_s: float) -> None:
    """Run the client in this thread until a condition, an error or the end of patience."""
    deadline = time.monotonic() + patience_s
    try:
        client.connect(address.host, address.port)
        while not until() and time.monotonic() < deadline:
            if client.loop(_LOOP_S) != paho.MQTT_ERR_SUCCESS:
                return
    except OSError:
        return
    finally:
        client.disconnect()
