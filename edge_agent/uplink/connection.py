"""One MQTT connection, from CONNECT to its end; used by one thread, which also moves its bytes.

Each connection is a paho client of its own: what the old one had under way dies with it, so nothing of an
earlier connection can be acknowledged, resent or delivered in this one, and paho's own queue (in memory, and
resending for ever what a broker refuses) is never used. Traps this answers: paho sets no TCP_NODELAY, its
reconnect has no jitter, and it notices a dead link only after twice the keep-alive.
"""

import contextlib
import logging
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.uplink.endpoint import Endpoint
from edge_agent.uplink.errors import BrokerRefusedError, BrokerUnreachableError

log = logging.getLogger(__name__)

MAX_INFLIGHT: Final = 20
CONNECT_TIMEOUT_S: Final = 5.0
_REFUSED: Final = 0x80
_TICK_S: Final = 1.0
_NO_REASON: Final = "Unspecified error"
_CREDENTIALS: Final = frozenset({"Bad user name or password", "Not authorized"})


class Connection:
    """A connection to the broker with a persistent session and a will.

    Args:
        endpoint: where and as whom.
        will: topic and payload of the retained last will.
        on_message: called with topic and payload of what arrives, in the thread of `poll`.
    """

    def __init__(
        self, endpoint: Endpoint, will: tuple[str, bytes], on_message: Callable[[str, bytes], None]
    ) -> None:
        self._endpoint = endpoint
        self._on_message = on_message
        self._connack: tuple[ReasonCode, bool] | None = None
        self._suback: list[ReasonCode] | None = None
        self._closed = ""
        self._mids: set[int] = set()
        client = self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=endpoint.client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages = 2 * MAX_INFLIGHT
        client.username_pw_set(endpoint.user, endpoint.password)
        client.will_set(will[0], will[1], qos=1, retain=True)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_message = self._received

    def open(self, stopping: Callable[[], bool]) -> bool:
        """Connect and wait for the broker's answer.

        Returns:
            Whether the broker still has this node's session.

        Raises:
            BrokerUnreachableError: nobody answers there, or not in time.
            BrokerRefusedError: wrong password, or a certificate that does not fit.
        """
        endpoint = self._endpoint
        try:
            self._trust()
            self._client.connect(endpoint.host, endpoint.port, keepalive=endpoint.ping_s)
        except ssl.SSLCertVerificationError as error:
            raise BrokerRefusedError(
                f"the certificate of {endpoint.label} is not the expected one ({error.verify_message}):"
                " check broker.ca and the node's clock"
            ) from error
        except OSError as error:
            raise BrokerUnreachableError(
                f"cannot reach {endpoint.label}: {error.strerror or error}; check broker.url and the network"
            ) from error
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await(lambda: self._connack is not None, "answer", stopping)
        return self._answer(self._connack)

    def _answer(self, connack: tuple[ReasonCode, bool] | None) -> bool:
        endpoint = self._endpoint
        if connack is None:
            raise BrokerUnreachableError("stopped while connecting")
        code, session_present = connack
        if code.is_failure:
            if code.getName() in _CREDENTIALS:
                raise BrokerRefusedError(
                    f"{endpoint.label} refuses user {endpoint.user!r} or its password: check broker.user and"
                    " broker.password_file, or have the aggregator give the node a new password"
                )
            raise BrokerUnreachableError(f"{endpoint.label} refuses the connection: {code.getName()}")
        return session_present

    def _trust(self) -> None:
        endpoint = self._endpoint
        if not endpoint.tls:
            return
        try:
            self._client.tls_set(ca_certs=endpoint.ca or None)
        except OSError as error:  # ssl.SSLError is one
            raise BrokerRefusedError(
                f"broker.ca: {endpoint.ca} cannot be used ({error.strerror or error}): put the certificate of"
                " the broker's authority there, PEM"
            ) from error

    def subscribe(self, filters: list[tuple[str, int]], stopping: Callable[[], bool]) -> None:
        """Subscribe and wait until it is granted.

        Raises:
            BrokerRefusedError: a filter was refused; without it no acknowledgement can come.
            BrokerUnreachableError: no answer.
        """
        self._suback = None
        self._client.subscribe(filters)
        self._await(lambda: self._suback is not None, "grant of the subscriptions", stopping)
        refused = [
            name for (name, _), code in zip(filters, self._granted(), strict=False) if code.value >= _REFUSED
        ]
        if refused:
            raise BrokerRefusedError(
                f"{self._endpoint.label} refuses the subscription to {', '.join(refused)}: check the rights"
                f" of {self._endpoint.user!r}, on NATS also jetstream.limits.default_max_consumers"
            )

    @property
    def is_open(self) -> bool:
        """Whether it lives, as far as is known."""
        return not self._closed

    @property
    def inflight(self) -> int:
        """Messages that the broker has not acknowledged."""
        return len(self._mids)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1; the caller keeps `inflight` under MAX_INFLIGHT and payloads within the limit."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._mids.add(info.mid)
        elif not self._closed:
            self._closed = f"publishing failed: {info.rc.name}"

    def poll(self, timeout_s: float, wake: socket.socket) -> None:
        """Move bytes and run callbacks; returns after some activity, a byte on `wake`, or `timeout_s`."""
        sock = self._client.socket()
        if sock is None or self._closed:
            self._closed = self._closed or "the connection was lost"
            return
        pending = getattr(sock, "pending", lambda: 0)()
        wait_s = 0.0 if pending else max(0.0, min(timeout_s, _TICK_S))
        writers = [sock] if self._client.want_write() else []
        try:
            readable, writable, _ = select.select([sock, wake], writers, [], wait_s)
        except (OSError, ValueError):
            self._closed = "the connection was lost"
            return
        if wake in readable:
            with contextlib.suppress(BlockingIOError):
                wake.recv(4096)
        if sock in readable or pending:
            self._check(self._client.loop_read())
        if writable:
            self._check(self._client.loop_write())
        self._check(self._client.loop_misc())

    def why_closed(self) -> str:
        """Reason for the end of the connection; empty while it lives."""
        return self._closed

    def close(self, *, politely: bool) -> None:
        """End it; impolitely, the broker publishes the will."""
        with contextlib.suppress(OSError, ValueError):
            if politely and not self._closed:
                self._client.disconnect()
                self._client.loop_write()
        sock = self._client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()
        self._closed = self._closed or "closed"

    def _await(self, done: Callable[[], bool], what: str, stopping: Callable[[], bool]) -> None:
        """Move bytes until `done`; in steps of a tick, so that a stop is not kept waiting."""
        idle, _peer = socket.socketpair()
        with idle, _peer:
            until_s = time.monotonic() + CONNECT_TIMEOUT_S
            while time.monotonic() < until_s:
                if done() or stopping():
                    return
                if self._closed:
                    break
                self.poll(_TICK_S / 10, idle)
        if not done():
            detail = self._closed or f"no {what} in {CONNECT_TIMEOUT_S:g} s"
            raise BrokerUnreachableError(f"{self._endpoint.label}: {detail}")

    def _granted(self) -> list[ReasonCode]:
        return self._suback or []

    def _check(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not self._closed:
            self._closed = f"the connection was lost ({code.name})"

    def _connected(
        self, _c: Client, _u: object, flags: ConnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        self._connack = (code, flags.session_present)

    def _disconnected(
        self, _c: Client, _u: object, _f: DisconnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        if not self._closed and self._connack is None:
            self._closed = "closed before it answered"
        reason = "" if code.getName() == _NO_REASON else f" ({code.getName()})"
        self._closed = self._closed or f"the connection was lost{reason}"

    def _subscribed(
        self, _c: Client, _u: object, _mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        self._suback = codes

    def _published(self, _c: Client, _u: object, mid: int, _code: ReasonCode, _p: Properties) -> None:
        self._mids.discard(mid)

    def _received(self, _c: Client, _u: object, message: MQTTMessage) -> None:
        try:
            self._on_message(message.topic, bytes(message.payload))
        except Exception:  # a message must not end the connection that carries it
            log.exception("a message on %s was not understood", message.topic)
