"""One MQTT 3.1.1 CONNECT and its answer: to wipe a session, or to learn whether an account is live."""

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from aggregator.broker.accounts import NodeCredentials

_CONNECT: Final = 0x10
_PROTOCOL_3_1_1: Final = 4
_USER_PASSWORD_CLEAN: Final = 0xC2
_KEEPALIVE_S: Final = 10
_DISCONNECT: Final = b"\xe0\x00"
_CONNACK_HEAD: Final = b"\x20\x02"
_CONNACK_BYTES: Final = 4
_TIMEOUT_S: Final = 5.0


class ConnectAnswer(IntEnum):
    """What the broker said; OTHER stands for no answer, a cut connection, or another code."""

    ACCEPTED = 0
    BAD_CREDENTIALS = 4
    NOT_AUTHORISED = 5
    OTHER = 255


@dataclass(frozen=True, slots=True)
class MqttAddress:
    """Where a broker listens for MQTT."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """As ``mqtt://host:port``."""
        return f"mqtt://{self.host}:{self.port}"


def connect_clean(address: MqttAddress, credentials: NodeCredentials) -> ConnectAnswer:
    """Connect with a clean session and leave at once.

    Where accepted, this ends the live connection of that client id and wipes its session.
    """
    try:
        with socket.create_connection((address.host, address.port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(_connect_packet(credentials))
            answer = _receive(connection)
            if answer is ConnectAnswer.ACCEPTED:
                connection.sendall(_DISCONNECT)
            return answer
    except OSError:
        return ConnectAnswer.OTHER


def _receive(connection: socket.socket) -> ConnectAnswer:
    received = b""
    while len(received) < _CONNACK_BYTES:
        chunk = connection.recv(_CONNACK_BYTES - len(received))
        if not chunk:
            return ConnectAnswer.OTHER
        received += chunk
    if not received.startswith(_CONNACK_HEAD) or received[3] not in set(ConnectAnswer):
        return ConnectAnswer.OTHER
    return ConnectAnswer(received[3])


def _connect_packet(credentials: NodeCredentials) -> bytes:
    head = _text("MQTT") + struct.pack(">BBH", _PROTOCOL_3_1_1, _USER_PASSWORD_CLEAN, _KEEPALIVE_S)
    body = head + _text(credentials.client_id) + _text(credentials.user) + _text(credentials.password)
    return bytes((_CONNECT,)) + _remaining_length(len(body)) + body


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _remaining_length(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)
