"""Connects to a broker as the node would, and says how far it came: TCP, TLS, MQTT, password.

The session of a running agent must survive the question. So the client id is a fresh one and the session is
asked for as persistent, which wipes nothing even on a broker that takes the user's name for the client id
(mosquitto with `use_username_as_clientid`; there the agent loses its connection for a second, and resumes). A
broker that says that it had no such session has made one now: it is removed by a second, clean connection.
"""

import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from edge_agent.uplink.endpoint import Endpoint

ProbeOutcome = Literal[
    "ok",
    "refused",
    "no_answer",
    "ca_missing",
    "certificate",
    "no_tls",
    "no_mqtt",
    "password",
    "not_authorised",
]
_CONNECT = 0x10
_CONNACK_HEAD = b"\x20\x02"
_CONNACK_BYTES = 4
_DISCONNECT = b"\xe0\x00"
_PROTOCOL_3_1_1 = 4
_USER_AND_PASSWORD = 0xC0
_CLEAN_SESSION = 0x02
_KEEPALIVE_S = 20
_FAULTS: tuple[tuple[type[Exception], ProbeOutcome], ...] = (  # the first that fits: some are kinds of others
    (ConnectionRefusedError, "refused"),
    (FileNotFoundError, "ca_missing"),
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "no_tls"),
    (ConnectionError, "no_mqtt"),
    (OSError, "no_answer"),
    (ValueError, "no_mqtt"),
)
_REFUSALS: dict[int, ProbeOutcome] = {4: "password", 5: "not_authorised"}


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's answer: MQTT return code, and whether it kept a session of this client."""

    code: int
    session_present: bool


def probe_broker(endpoint: Endpoint, client_id: str, timeout_s: float) -> ProbeOutcome:
    """Connect and leave again.

    Args:
        endpoint: where, and as whom.
        client_id: one that nobody else uses.
        timeout_s: for each step.
    """
    try:
        answer = _connect(endpoint, client_id, timeout_s, clean=False)
        if answer.code == 0 and not answer.session_present:
            _connect(endpoint, client_id, timeout_s, clean=True)
    except (OSError, ValueError) as error:
        return next(outcome for kind, outcome in _FAULTS if isinstance(error, kind))
    return "ok" if answer.code == 0 else _REFUSALS.get(answer.code, "no_mqtt")


def connect_packet(client_id: str, user: str, password: str, *, clean: bool) -> bytes:
    """MQTT 3.1.1 CONNECT without a will."""
    flags = _USER_AND_PASSWORD | (_CLEAN_SESSION if clean else 0)
    body = _text("MQTT") + struct.pack(">BBH", _PROTOCOL_3_1_1, flags, _KEEPALIVE_S)
    body += _text(client_id) + _text(user) + _text(password)
    return bytes((_CONNECT,)) + _remaining_length(len(body)) + body


def parse_connack(packet: bytes) -> Connack:
    """Read the answer.

    Raises:
        ValueError: it is not MQTT.
    """
    if len(packet) != _CONNACK_BYTES or not packet.startswith(_CONNACK_HEAD):
        raise ValueError("no CONNACK")
    return Connack(packet[3], bool(packet[2] & 1))


def _connect(endpoint: Endpoint, client_id: str, timeout_s: float, *, clean: bool) -> Connack:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=timeout_s) as plain:
        plain.settimeout(timeout_s)
        connection = _secured(plain, endpoint) if endpoint.tls else plain
        connection.sendall(connect_packet(client_id, endpoint.user, endpoint.password, clean=clean))
        received = b""
        while len(received) < _CONNACK_BYTES:
            chunk = connection.recv(_CONNACK_BYTES - len(received))
            if not chunk:
                break
            received += chunk
        answer = parse_connack(received)
        if answer.code == 0:
            connection.sendall(_DISCONNECT)
            # Until the broker has hung up, the next connection looks to it like a fight over the session.
            with suppress(OSError):
                connection.recv(1)
        if endpoint.tls:
            connection.close()
        return answer


def _secured(plain: socket.socket, endpoint: Endpoint) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=endpoint.ca or None)

    try:
        return context.wrap_socket(plain, server_hostname=endpoint.host)
    except ConnectionError as error:
        raise ssl.SSLError(f"the handshake was cut: {error}") from error


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
