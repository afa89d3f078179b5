"""One simulated node's MQTT connection, driven from outside: no thread, no timer of its own.

Invariants: everything not settled is published again on every new connection, in order; a connection
that is lost is taken up again after a jittered pause, so that a thousand nodes do not come back at once.
"""

import random
import socket
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from fleet.aggregator_api import Credentials
from fleet.simulator import mqtt_frames
from fleet.simulator.mqtt_frames import BrokenFrameError, Login
from fleet.simulator.node import SimulatedNode
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import NodeState, Watermark
from fleet.wire.topics import DownChannel, UpChannel, down, down_filter, up

_KEEPALIVE_S: Final = 60
_PING_AFTER_S: Final = 25.0
_SILENT_S: Final = 60.0
_READ: Final = 65_536
_MAX_UNSENT: Final = 262_144
_PORT: Final = 1883
_REFUSED: Final = 0x80
_REFUSALS: Final = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses the client id",
    3: "the broker is not available",
    4: "bad user name or password",
    5: "not authorised",
}


class ConnectionRefusedByBrokerError(Exception):
    """The broker did not take the credentials, or is not there."""


class NodeConnection:
    """Binds a SimulatedNode to a persistent MQTT session; latencies go to `latencies_s`."""

    def __init__(
        self, node: SimulatedNode, credentials: Credentials, codec: Codec, latencies_s: list[float]
    ) -> None:
        """Prepare; nothing is sent before connect()."""
        self.node = node
        self._codec = codec
        self._latencies_s = latencies_s
        self._ack_topic = down(node.node, DownChannel.ACK).encode()
        self._topics: dict[str, bytes] = {}
        self._credentials = credentials
        self._session = time.monotonic_ns()
        self._socket: socket.socket | None = None
        self._input = bytearray()
        self._output = bytearray()
        self._packet_id = 0
        self._state_ids: set[int] = set()
        self._settles_on_puback = False
        self._heard_s = self._spoke_s = 0.0
        self._attempt = 0
        self._rng = random.Random(self._session)  # noqa: S311  jitter, not a secret
        self.retry_at_s = 0.0
        self.connected_times = 0
        self.ready = False
        self.greeted = False
        self.failure = ""
        self.closing: Callable[[NodeConnection], None] = lambda _connection: None

    def settle_on_puback(self) -> None:
        """Let the broker's PUBACK settle, for a peer that stores nothing; call before connect()."""
        self._settles_on_puback = True
        self.greeted = True

    @property
    def socket(self) -> socket.socket | None:
        """The open socket, None while there is none."""
        return self._socket

    @property
    def unsent(self) -> bool:
        """Whether bytes wait for room in the socket."""
        return bool(self._output)

    def connect(self, now_s: float) -> None:
        """Open the connection; raises ConnectionRefusedByBrokerError when nobody answers."""
        parts = urlsplit(self._credentials.broker_url)
        try:
            opened = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or _PORT), 5.0)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setblocking(False)
        except OSError as error:
            self._plan_retry(now_s)
            raise ConnectionRefusedByBrokerError(f"{self._credentials.broker_url}: {error}") from error
        self._socket = opened
        self._input.clear()
        self._output.clear()
        self._state_ids.clear()
        self._heard_s = now_s
        self._session += 1
        login = Login(
            self._credentials.client_id,
            self._credentials.user,
            self._credentials.password,
            up(self.node.node, UpChannel.STATE),
            self._state("gone"),
            _KEEPALIVE_S,
        )
        self._send(mqtt_frames.connect(login), now_s)
        self.write(now_s)

    def close(self) -> None:
        """Say goodbye and close, without the will."""
        if self._socket is not None:
            self._output += mqtt_frames.DISCONNECT
            self.write(self._spoke_s)
        self._drop()

    def publish_waiting(self, now_s: float) -> None:
        """Publish what the node's window allows, and what the socket takes."""
        if not self.ready:
            return
        while len(self._output) < _MAX_UNSENT and (message := self.node.take(now_s)) is not None:
            topic = self._topics.get(message.topic)
            if topic is None:
                topic = self._topics[message.topic] = message.topic.encode()
            self._output += mqtt_frames.publish(topic, message.payload, self._next_id())
        if self._output:
            self.write(now_s)

    def write(self, now_s: float) -> None:
        """Send what the socket takes now."""
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._output)
        except BlockingIOError:
            return
        except OSError:
            self._lost(now_s)
            return
        del self._output[:sent]
        self._spoke_s = now_s

    def read(self, now_s: float) -> None:
        """Take what has come, and answer it."""
        if self._socket is None:
            return
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost(now_s)
            return
        self._heard_s = now_s
        try:
            self._input += data
            arrived = mqtt_frames.parse(self._input)
            del self._input[: arrived.consumed]
        except BrokenFrameError:
            self._lost(now_s)
            return
        if arrived.connack is not None:
            self._let_in(*arrived.connack, now_s)
        if arrived.suback is not None and any(code >= _REFUSED for code in arrived.suback):
            self.failure = f"the broker refuses the subscription to {down_filter(self.node.node)}"
        if arrived.pubacks:
            self._published(arrived.pubacks, now_s)
        for topic, payload, packet_id in arrived.messages:
            self._received(topic, payload, packet_id, now_s)

    def misc(self, now_s: float) -> None:
        """Ping, notice silence, resend after it, and connect again when due; call about once a second."""
        if self._socket is None:
            if now_s >= self.retry_at_s:
                self._try_again(now_s)
            return
        if now_s - self._heard_s > _SILENT_S:
            self._lost(now_s)
            return
        if min(now_s - self._heard_s, _KEEPALIVE_S) > _PING_AFTER_S or now_s - self._spoke_s > _PING_AFTER_S:
            self._send(mqtt_frames.PINGREQ, now_s)
        self.node.resend(now_s)
        self.publish_waiting(now_s)

    def _try_again(self, now_s: float) -> None:
        try:
            self.connect(now_s)
        except ConnectionRefusedByBrokerError:
            return

    def _let_in(self, present: bool, code: int, now_s: float) -> None:  # noqa: FBT001  as the frame says it
        if code:
            self.failure = _REFUSALS.get(code, f"CONNACK code {code}")
            self._lost(now_s)
            return
        self._attempt = 0
        self.connected_times += 1
        if not present:
            self._output += mqtt_frames.subscribe(self._next_id(), down_filter(self.node.node))
        birth = self._next_id()
        self._state_ids.add(birth)
        topic = up(self.node.node, UpChannel.STATE).encode()
        self._output += mqtt_frames.publish(topic, self._state("born"), birth, retain=True)
        self.node.resend(now_s, reconnected=True)
        self.ready = True
        self.publish_waiting(now_s)

    def _published(self, packet_ids: list[int], now_s: float) -> None:
        if not self._settles_on_puback:
            return
        for packet_id in packet_ids:
            if packet_id in self._state_ids:
                self._state_ids.discard(packet_id)
            else:
                self._latencies_s.append(self.node.settle_oldest(now_s))

    def _received(self, topic: bytes, payload: bytes, packet_id: int, now_s: float) -> None:
        if packet_id:
            self._output += mqtt_frames.puback(packet_id)
        if topic != self._ack_topic:
            return
        watermark = self._codec.decode(payload, Watermark)
        if not isinstance(watermark, Rejected):
            self.greeted = True
            self._latencies_s.extend(self.node.settle(watermark, now_s))

    def _send(self, data: bytes, now_s: float) -> None:
        self._output += data
        self.write(now_s)

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % mqtt_frames.MAX_PACKET_ID + 1
        return self._packet_id

    def _lost(self, now_s: float) -> None:
        self._drop()
        self._plan_retry(now_s)

    def _plan_retry(self, now_s: float) -> None:
        """Wait up to 1, 2, 4, 8 seconds, a random part of it: full jitter."""
        self.retry_at_s = now_s + self._rng.random() * min(8.0, 2.0**self._attempt)
        self._attempt += 1

    def _drop(self) -> None:
        self.ready = False
        if self._socket is not None:
            self.closing(self)
            self._socket.close()
            self._socket = None

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
