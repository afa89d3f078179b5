"""Listens to the topics on which controllers speak, with an MQTT client of its own.

The node's own connection is left alone: another broker as a rule, other rights, and no persistent session,
because an old word of a signal is worth nothing. For the same reason retained messages are left out: nobody
knows how old they are.
"""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.signals.board import SignalBoard
from edge_agent.signals.broker import SignalBroker
from edge_agent.signals.errors import FeedError
from edge_agent.signals.words import parse_word

KEEPALIVE_S: Final = 5
CONNECT_TIMEOUT_S: Final = 5.0
_TICK_S: Final = 0.2
_REFUSED: Final = 0x80


class MqttFeed:
    """One connection to the controllers' broker; `listen` is the body of its thread.

    Args:
        broker: where and as whom.
        topics: ids of the signals of each topic.
        board: where words go.
        clock: the frames' clock.
    """

    def __init__(
        self,
        broker: SignalBroker,
        topics: Mapping[str, tuple[str, ...]],
        board: SignalBoard,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._board = board
        self._clock = clock

    def listen(self, stopped: threading.Event, heard: Callable[[], None]) -> None:
        """Listen until stopped.

        Raises:
            FeedError: the broker cannot be reached, refuses, or is gone.
        """
        _Session(self._broker, self._topics, self._received(heard)).run(stopped)

    def _received(self, heard: Callable[[], None]) -> Callable[[MQTTMessage], None]:
        def received(message: MQTTMessage) -> None:
            if message.retain:
                return
            word = parse_word(bytes(message.payload))
            for signal_id in self._topics.get(message.topic, ()):
                self._board.put(signal_id, word, self._clock())
            heard()

        return received


class _Session:
    """One connection, from CONNECT to its end; used by one thread."""

    def __init__(
        self,
        broker: SignalBroker,
        topics: Mapping[str, tuple[str, ...]],
        received: Callable[[MQTTMessage], None],
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._refusal = ""
        self._received = received
        client = self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if broker.user:
            client.username_pw_set(broker.user, broker.read_password())
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._message

    def run(self, stopped: threading.Event) -> None:
        """Connect and listen."""
        label = self._broker.label
        try:
            if self._broker.tls:
                self._client.tls_set(ca_certs=self._broker.ca or None)
            self._client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        except ssl.SSLError as error:
            raise FeedError(
                f"the certificate of {label} is not the expected one: check signals.ca"
            ) from error
        except OSError as error:
            raise FeedError(
                f"cannot reach {label}: {error.strerror or error}; check signals.url and the network"
            ) from error
        try:
            while not stopped.is_set():
                code = self._client.loop(_TICK_S)
                if self._refusal:
                    raise FeedError(self._refusal)
                if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    raise FeedError(f"the connection to {label} was lost ({code.name})")
        finally:
            self._client.disconnect()
            sock = self._client.socket()
            if sock is not None:
                sock.close()

    def _connected(
        self, client: Client, _u: object, _f: ConnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.is_failure:
            self._refusal = (
                f"{self._broker.label} refuses user {self._broker.user!r}: {code.getName()}; "
                "check signals.user and signals.password_file"
            )
            return
        client.subscribe([(topic, 1) for topic in self._topics])

    def _disconnected(
        self, _c: Client, _u: object, _f: DisconnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        self._refusal = self._refusal or f"{self._broker.label} closed the connection: {code.getName()}"

    def _subscribed(
        self, _c: Client, _u: object, _mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        refused = [topic for topic, code in zip(self._topics, codes, strict=False) if code.value >= _REFUSED]
        if refused:
            self._refusal = (
                f"{self._broker.label} refuses the subscription to {', '.join(refused)}: check the rights of "
                f"{self._broker.user!r} and the signal's source"
            )

    def _message(self, _c: Client, _u: object, message: MQTTMessage) -> None:
        self._received(message)
