"""Deliveries from an MQTT 3.1.1 broker: a persistent session with manual acknowledgement.

Invariants: nothing is acknowledged before `ack`; acknowledgements carry the generation of the
connection that delivered, and those of an earlier one are dropped (mosquitto then delivers at once
again, nats-server after its `ack_wait`, the node itself after 30 s); the subscription is made only
when the broker has no session of ours; a lost connection is taken up again for ever, with jitter;
what waits to be received is bounded, and past it the socket is not read, so that the broker's
window fills and the nodes hold.

Threads: `mqtt-inbox` owns the connection and is the only one inside paho's network functions.
"""

import logging
import os
import random
import select
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from aggregator.ingest.backoff import delay_s
from aggregator.ingest.inbox import Delivery
from aggregator.ingest.joined_socket import JoinedContext, JoinedSocket
from aggregator.storage.instants import to_ms
from fleet.wire import topics
from fleet.wire.codec import Codec
from fleet.wire.messages import HostState

_log = logging.getLogger(__name__)

_PUBACK: Final = 0x4002
_MID_BITS: Final = 16
_MID: Final = (1 << _MID_BITS) - 1
_KEEPALIVE_S: Final = 30
_CONNECT_TIMEOUT_S: Final = 10.0
_IDLE_S: Final = 1.0
_READS_A_TURN: Final = 512
_STEADY_S: Final = 10.0
_DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class MqttLink:
    """Where and as whom to connect; `url` is mqtt://host:port or mqtts://host:port."""

    url: str
    client_id: str = field(repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may wait in memory, and how much one `receive` gives."""

    queued: int = 20_000
    queued_bytes: int = 33_554_432
    receive_bytes: int = 262_144


class MqttInbox:
    """An `Inbox` on a broker. `start` connects in the background; `stop` says goodbye.

    With `host_session`, the retained host state says online while connected and offline through the
    will; leave it None for further workers beside a server that says so itself.
    """

    def __init__(
        self,
        link: MqttLink,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        host_session: int | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._link = link
        self._clock = clock
        self._monotonic = monotonic
        self._host_session = host_session
        self._bounds = bounds or Bounds()
        self._codec = Codec()
        self._queue: deque[Delivery] = deque()
        self._queued_bytes = 0
        self._arrived = threading.Condition()
        self._fresh: list[Delivery] = []
        self._generation = 0
        self._socket: JoinedSocket | None = None
        self._subscribed = False
        self._problem = "not connected yet"
        self._stopping = threading.Event()
        self._woken = False
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)
        self._client = self._make_client()
        self._thread = threading.Thread(target=self._run, name="mqtt-inbox", daemon=True)

    @property
    def connected(self) -> bool:
        """See `Inbox.connected`."""
        return self._subscribed

    @property
    def problem(self) -> str:
        """See `Inbox.problem`."""
        return "" if self._subscribed else self._problem

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Say that the host is offline, disconnect and wait for the thread; the session stays."""
        self._stopping.set()
        self._wake()
        self._thread.join()
        os.close(self._wake_r)
        os.close(self._wake_w)

    def receive(self, limit: int, timeout_s: float) -> list[Delivery]:
        """See `Inbox.receive`; gives about `Bounds.receive_bytes` at most."""
        taken: list[Delivery] = []
        size = 0
        with self._arrived:
            if not self._queue:
                self._arrived.wait(timeout_s)
            was_full = not self._has_room()
            while self._queue and len(taken) < limit and size < self._bounds.receive_bytes:
                delivery = self._queue.popleft()
                size += len(delivery.payload)
                taken.append(delivery)
            self._queued_bytes -= size
        if was_full:
            self._wake()
        return taken

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """See `Inbox.ack`: one write for all."""
        connection, generation = self._socket, self._generation
        mids = [
            each.token & _MID
            for each in deliveries
            if each.token >> _MID_BITS == generation and each.token & _MID
        ]
        if connection is None or not mids:
            return
        words = [word for mid in mids for word in (_PUBACK, mid)]
        try:
            connection.send(struct.pack(f">{len(words)}H", *words))
        except OSError as error:  # it comes again after the reconnection
            _log.info("acknowledgements not sent: %s", error)
        self._wake()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """See `Inbox.publish`."""
        if self._subscribed:
            self._client.publish(topic, payload, qos=0, retain=retain)

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._link.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.username_pw_set(self._link.user, self._link.password or None)
        client.tls_set_context(JoinedContext(self._link.tls))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_register_write = self._on_wants_write
        if self._host_session is not None:
            client.will_set(topics.HOST_STATE, self._host_state(online=False), qos=1, retain=True)
        return client

    def _host_state(self, *, online: bool) -> bytes:
        return self._codec.encode(HostState(self._host_session or 0, online, to_ms(self._clock())))

    def _run(self) -> None:
        """Connect, serve the connection until it is lost, wait, again."""
        attempt = 0
        parts = urlsplit(self._link.url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 1883)
        while not self._stopping.is_set():
            since = self._monotonic()
            try:
                self._client.connect(host, port, keepalive=_KEEPALIVE_S)
                self._serve()
            except OSError as error:
                self._problem = f"the broker at {host}:{port} does not answer ({error}): is it running?"
            self._forget_connection()
            if self._monotonic() - since > _STEADY_S:
                attempt = 0
            if not self._stopping.is_set():
                wait_s = delay_s(attempt, random.random())  # noqa: S311  jitter, not a secret
                _log.warning("%s; next try in %.1f s", self._problem, wait_s)
                self._stopping.wait(wait_s)
                attempt += 1

    def _serve(self) -> None:
        """Move bytes until the connection ends; raises OSError when it breaks."""
        while True:
            connection = self._client.socket()
            if not isinstance(connection, JoinedSocket):
                return
            if self._stopping.is_set():
                self._say_goodbye(connection)
                return
            self._turn(connection)

    def _turn(self, connection: JoinedSocket) -> None:
        """Wait for something to do and do it."""
        room = self._has_room()
        reads: list[int | JoinedSocket] = [self._wake_r, connection] if room else [self._wake_r]
        writes = [connection] if connection.unsent or self._client.want_write() else []
        ahead = room and connection.pending() > 0
        readable, _, _ = select.select(reads, writes, [], 0 if ahead else _IDLE_S)
        if self._wake_r in readable:
            os.read(self._wake_r, 4096)
            self._woken = False
        if ahead or connection in readable:
            self._read(connection)
        if self._client.want_write():
            self._client.loop_write()
        connection.flush()
        self._client.loop_misc()

    def _read(self, connection: JoinedSocket) -> None:
        for _ in range(_READS_A_TURN):
            if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS or not connection.pending():
                break
        if self._fresh:
            with self._arrived:
                self._queue.extend(self._fresh)
                self._queued_bytes += sum([len(each.payload) for each in self._fresh])
                self._arrived.notify()
            self._fresh.clear()

    def _has_room(self) -> bool:
        return len(self._queue) < self._bounds.queued and self._queued_bytes < self._bounds.queued_bytes

    def _say_goodbye(self, connection: JoinedSocket) -> None:
        if self._subscribed and self._host_session is not None:
            self._client.publish(topics.HOST_STATE, self._host_state(online=False), qos=0, retain=True)
        self._client.disconnect()
        self._client.loop_write()
        connection.close()

    def _forget_connection(self) -> None:
        """Keep what was delivered: it can be stored now, and what the broker sends again is known then."""
        if self._subscribed:
            self._problem = "the connection to the broker was lost"
        self._subscribed = False
        self._socket = None
        connection = self._client.socket()
        if isinstance(connection, JoinedSocket):
            connection.close()

    def _wake(self) -> None:
        if self._woken:  # it has not looked yet, and will see this too
            return
        self._woken = True
        try:
            os.write(self._wake_w, b"\x00")
        except OSError:  # the pipe is full, so the thread wakes anyway; or we are stopping
            return

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._problem = (
                f"the broker refuses the aggregator's account ({reason}): check broker.user and its password"
            )
            return
        connection = client.socket()
        self._generation += 1
        self._socket = connection if isinstance(connection, JoinedSocket) else None
        if flags.session_present:
            self._online()
        else:
            client.subscribe(topics.ALL_UP, qos=1)

    def _on_subscribe(
        self,
        client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._problem = (
                f"the broker refuses the subscription to {topics.ALL_UP}: "
                "give the aggregator's account the right to read it"
            )
            client.disconnect()
            return
        self._online()

    def _online(self) -> None:
        self._subscribed = True
        _log.info("connected to %s", self._link.url)
        if self._host_session is not None:
            self._client.publish(topics.HOST_STATE, self._host_state(online=True), qos=1, retain=True)

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker lets no such topic through; if one does, it is nobody's
            topic = ""
        token = self._generation << _MID_BITS | (message.mid if message.qos else 0)
        self._fresh.append(Delivery(topic, bytes(message.payload), message.retain, token))

    def _on_wants_write(self, _client: mqtt.Client, _userdata: object, _socket: object) -> None:
        self._wake()
