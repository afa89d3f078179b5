"""A synchronous MQTT client for tests, on paho: every step says what the broker answered."""

import itertools
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from aggregator.broker.accounts import NodeCredentials

PATIENCE_S = 5.0
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker's answer to CONNECT: `refusal` is None when it accepted."""

    refusal: str | None
    session_present: bool


class MqttClient:
    """One connection with an account; no reconnects. A context manager that connects and must be accepted."""

    def __init__(
        self,
        url: str,
        credentials: NodeCredentials | None,
        *,
        client_id: str | None = None,
        clean: bool = False,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self._url = urlsplit(url)
        name = client_id or (credentials.client_id if credentials else "anonymous")
        if clean and client_id is None:
            # nats-server may cut a connect that comes within a millisecond of the end of a clean session.
            name = f"{name}-{next(_numbers)}"
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, reconnect_on_failure=False
        )
        if credentials is not None:
            self._client.username_pw_set(credentials.user, credentials.password)
        if will is not None:
            self._client.will_set(will[0], will[1], qos=1, retain=True)
        self.received: list[Received] = []
        self._changed = threading.Condition()
        self._answer: Connected | None = None
        self._granted: dict[int, list[int]] = {}
        self._acknowledged: set[int] = set()
        self._ended = False
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message

    def connect(self) -> Connected:
        """Connect and return the broker's answer."""
        self._client.connect(self._url.hostname or "", self._url.port or 1883)
        self._client.loop_start()
        self._wait(lambda: self._answer is not None or self._ended)
        return self._answer or Connected("the connection was cut", session_present=False)

    def subscribe(self, mqtt_filter: str, qos: int = 1) -> int:
        """Subscribe and return the granted QoS, or 128 when refused."""
        _, number = self._client.subscribe(mqtt_filter, qos)
        assert number is not None
        self._wait(lambda: number in self._granted)
        return self._granted[number][0]

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Publish with QoS 1; True when acknowledged, False when the connection was cut instead."""
        number = self._client.publish(topic, payload, qos=1, retain=retain).mid
        self._wait(lambda: number in self._acknowledged or self._ended)
        return number in self._acknowledged

    def wait_for(self, count: int = 1, *, timeout_s: float = PATIENCE_S) -> list[Received]:
        """Wait until `count` messages have come and return all."""
        self._wait(lambda: len(self.received) >= count, timeout_s=timeout_s)
        return list(self.received)

    def wait_for_payload(self, payload: bytes) -> list[Received]:
        """Wait until a message with this payload has come and return all."""
        self._wait(lambda: any(each.payload == payload for each in self.received))
        return list(self.received)

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._answer is not None and self._answer.refusal is None and not self._ended

    def wait_until_cut(self, *, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the broker has cut the connection."""
        self._wait(lambda: self._ended, timeout_s=timeout_s)

    def drop(self) -> None:
        """Lose the connection without a DISCONNECT, as a power cut does."""
        connection = self._client.socket()
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._end()

    def close(self) -> None:
        """Leave in order."""
        self._client.disconnect()
        self._end()

    def _end(self) -> None:
        """Stop paho's thread, and close the socket where the thread ended before it had done so."""
        self._client.loop_stop()
        connection = self._client.socket()
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        answer = self.connect()
        if answer.refusal is not None:
            raise ConnectionError(f"the broker refused {self._url.geturl()}: {answer.refusal}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self, condition: Callable[[], bool], *, timeout_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not condition():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError(f"not within {timeout_s} s; received so far: {self.received[-5:]}")
                self._changed.wait(left_s)

    def _on_connect(
        self, _c: paho.Client, _u: Any, flags: paho.ConnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        refusal = str(code) if code.is_failure else None
        with self._changed:
            self._answer = Connected(refusal, flags.session_present)
            self._changed.notify_all()

    def _on_disconnect(
        self, _c: paho.Client, _u: Any, _f: paho.DisconnectFlags, _code: ReasonCode, _p: Properties | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _on_subscribe(
        self, _c: paho.Client, _u: Any, number: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        with self._changed:
            self._granted[number] = [code.value for code in codes]
            self._changed.notify_all()

    def _on_publish(
        self, _c: paho.Client, _u: Any, number: int, _code: ReasonCode, _p: Properties | None
    ) -> None:
        with self._changed:
            self._acknowledged.add(number)
            self._changed.notify_all()

    def _on_message(self, _c: paho.Client, _u: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.received.append(Received(message.topic, bytes(message.payload), message.retain))
            self._changed.notify_all()
