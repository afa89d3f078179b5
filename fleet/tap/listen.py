"""Subscribe to what nodes say, read-only, and hand each line to a sink."""

import socket
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from fleet.aggregator_api import Credentials
from fleet.tap.lines import Line, read
from fleet.wire.codec import Codec
from fleet.wire.topics import ALL_UP, up_filter

_KEEPALIVE_S: Final = 30
_REFUSED: Final = 0x80


class TapRefusedError(Exception):
    """The broker did not let the tap in or did not grant its subscription."""


class Tap:
    """Listens until stop(); `kinds` empty means every kind."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        node: str | None,
        kinds: frozenset[str],
        sink: Callable[[Line], None],
    ) -> None:
        """Prepare a clean session: a tap leaves nothing behind on the broker."""
        self._filter = up_filter(node) if node else ALL_UP
        self._kinds = kinds
        self._sink = sink
        self._codec = Codec()
        self._refusal = ""
        self._credentials = credentials
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{credentials.client_id}-{socket.gethostname()[:8]}",
            protocol=mqtt.MQTTv311,
        )
        client.username_pw_set(credentials.user, credentials.password)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client

    def listen(self) -> None:
        """Print until stop(); raises TapRefusedError when the broker says no or is not there."""
        parts = urlsplit(self._credentials.broker_url)
        try:
            self._client.connect(parts.hostname or "127.0.0.1", parts.port or 1883, _KEEPALIVE_S)
        except OSError as error:
            raise TapRefusedError(f"no broker at {self._credentials.broker_url}: {error}") from error
        self._client.loop_forever(retry_first_connection=False)
        if self._refusal:
            raise TapRefusedError(self._refusal)

    def stop(self) -> None:
        """Disconnect; listen() returns."""
        self._client.disconnect()

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refuse(f"the broker refused the tap's account: {reason}")
            return
        client.subscribe(self._filter, qos=0)

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        granted: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(code.value >= _REFUSED for code in granted):
            self._refuse(f"the broker does not let this account read {self._filter}")

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        for line in read(message.topic, bytes(message.payload), self._codec):
            if not self._kinds or line.kind in self._kinds:
                self._sink(line)

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self._client.disconnect()
