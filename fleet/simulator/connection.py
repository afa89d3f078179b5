"""One simulated node's MQTT connection, driven from outside: no thread, no timer of its own."""

from __future__ import annotations

import socket
import time
from typing import Final, Protocol
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from fleet.aggregator_api import Credentials
from fleet.simulator.node import SimulatedNode
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import NodeState, Watermark
from fleet.wire.topics import DownChannel, UpChannel, down, down_filter, up

_KEEPALIVE_S: Final = 60


class ConnectionRefusedByBrokerError(Exception):
    """The broker did not take the credentials, or is not there."""


class SocketWatcher(Protocol):
    """Who waits for the sockets."""

    def opened(self, connection: NodeConnection, sock: mqtt.SocketLike) -> None:
        """Begin to wait for what comes."""

    def closed(self, sock: mqtt.SocketLike) -> None:
        """Forget a socket that is about to close."""

    def writes(self, connection: NodeConnection, sock: mqtt.SocketLike, *, wanted: bool) -> None:
        """Begin or cease to wait for room to write."""


class NodeConnection:
    """Binds a SimulatedNode to a persistent MQTT session; latencies go to `latencies_s`."""

    def __init__(
        self, node: SimulatedNode, credentials: Credentials, codec: Codec, latencies_s: list[float]
    ) -> None:
        """Prepare the client; nothing is sent before connect()."""
        self.node = node
        self._codec = codec
        self._latencies_s = latencies_s
        self._ack_topic = down(node.node, DownChannel.ACK)
        self._credentials = credentials
        self._session = time.monotonic_ns()
        self.ready = False
        self._failure = ""
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=credentials.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
        )
        client.username_pw_set(credentials.user, credentials.password)
        client.will_set(up(node.node, UpChannel.STATE), self._state("gone"), qos=1, retain=True)
        client.max_inflight_messages_set(65_535)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        self.client = client

    def watch(self, watcher: SocketWatcher) -> None:
        """Tell `watcher` of the socket's life and of its wish to write; call before connect()."""
        self.client.on_socket_open = lambda _client, _userdata, sock: watcher.opened(self, _no_delay(sock))
        self.client.on_socket_close = lambda _client, _userdata, sock: watcher.closed(sock)
        self.client.on_socket_register_write = lambda _client, _userdata, sock: watcher.writes(
            self, sock, wanted=True
        )
        self.client.on_socket_unregister_write = lambda _client, _userdata, sock: watcher.writes(
            self, sock, wanted=False
        )

    def settle_on_puback(self) -> None:
        """Let the broker's PUBACK settle, for a peer that stores nothing; call before connect()."""
        self.client.on_publish = self._on_publish

    def connect(self) -> None:
        """Open the connection; raises ConnectionRefusedByBrokerError when there is no broker."""
        parts = urlsplit(self._credentials.broker_url)
        try:
            self.client.connect(parts.hostname or "127.0.0.1", parts.port or 1883, _KEEPALIVE_S)
        except OSError as error:
            raise ConnectionRefusedByBrokerError(f"{self._credentials.broker_url}: {error}") from error

    @property
    def failure(self) -> str:
        """Why the broker refused, empty when it did not."""
        return self._failure

    def publish_waiting(self, now_s: float) -> None:
        """Publish what the node's window allows."""
        while self.ready and (message := self.node.take(now_s)) is not None:
            self.client.publish(message.topic, message.payload, qos=1)

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._failure = str(reason)
            return
        if not flags.session_present:
            client.subscribe(down_filter(self.node.node), qos=1)
        client.publish(up(self.node.node, UpChannel.STATE), self._state("born"), qos=1, retain=True)
        self.node.resend(time.monotonic(), reconnected=True)
        self.ready = True

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        if message.topic != self._ack_topic:
            return
        watermark = self._codec.decode(bytes(message.payload), Watermark)
        if not isinstance(watermark, Rejected):
            self._latencies_s.extend(self.node.settle(watermark, time.monotonic()))

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._latencies_s.append(self.node.settle_oldest(time.monotonic()))

    def _state(self, phase: str) -> bytes:
        return self._codec.encode(
            NodeState(
                session=self._session,
                phase=phase,
                at_ms=time.time_ns() // 1_000_000,
                clock=0,
                stream=self.node.stream,
                last_seq=self.node.last_seq,
                agent_version="simulated",
            )
        )


def _no_delay(sock: mqtt.SocketLike) -> mqtt.SocketLike:
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
