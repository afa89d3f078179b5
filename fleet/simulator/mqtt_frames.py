"""The part of MQTT 3.1.1 that a simulated node speaks, as bytes (pure).

A node's library costs about 100 µs a message here, which would make the simulator the slowest part of a
run: it has to feed a broker and an aggregator from one core. Names are those of the OASIS standard.
"""

from dataclasses import dataclass, field
from typing import Final

_CONNACK: Final = 2
_PUBLISH: Final = 3
_PUBACK: Final = 4
_SUBACK: Final = 9
_QOS_1: Final = 0x02
_RETAIN: Final = 0x01
_MORE: Final = 0x80
_LONGEST_LENGTH: Final = 4
_WILL_QOS_1_RETAINED: Final = 0x2C
_USER_AND_PASSWORD: Final = 0xC0

PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"
MAX_PACKET_ID: Final = 65_535


class BrokenFrameError(Exception):
    """The peer sent bytes that are no MQTT frame of this protocol."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects, with a retained will of QoS 1; the session is persistent."""

    client_id: str
    user: str
    password: str = field(repr=False)
    will_topic: str
    will_payload: bytes
    keepalive_s: int


@dataclass(slots=True)
class Arrived:
    """What a piece of input held: `connack` is (session present, code), `messages` (topic, payload, id).

    The id is 0 for QoS 0. `consumed` bytes are done with.
    """

    consumed: int = 0
    connack: tuple[bool, int] | None = None
    suback: bytes | None = None
    pubacks: list[int] = field(default_factory=list)
    messages: list[tuple[bytes, bytes, int]] = field(default_factory=list)


def connect(login: Login) -> bytes:
    """CONNECT."""
    flags = _USER_AND_PASSWORD | _WILL_QOS_1_RETAINED
    body = b"\x00\x04MQTT\x04" + bytes((flags,)) + login.keepalive_s.to_bytes(2, "big")
    parts = (
        login.client_id.encode(),
        login.will_topic.encode(),
        login.will_payload,
        login.user.encode(),
        login.password.encode(),
    )
    return _frame(0x10, body + b"".join(len(part).to_bytes(2, "big") + part for part in parts))


def subscribe(packet_id: int, topic_filter: str) -> bytes:
    """SUBSCRIBE to one filter with QoS 1."""
    name = topic_filter.encode()
    return _frame(0x82, packet_id.to_bytes(2, "big") + len(name).to_bytes(2, "big") + name + b"\x01")


def publish(topic: bytes, payload: bytes, packet_id: int, *, retain: bool = False) -> bytes:
    """PUBLISH with QoS 1."""
    head = 0x30 | _QOS_1 | (_RETAIN if retain else 0)
    return b"".join(
        (
            bytes((head,)),
            _length(4 + len(topic) + len(payload)),
            len(topic).to_bytes(2, "big"),
            topic,
            packet_id.to_bytes(2, "big"),
            payload,
        )
    )


def puback(packet_id: int) -> bytes:
    """PUBACK."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def parse(data: bytes | bytearray) -> Arrived:
    """Read whole frames from the start of `data`; what is left is the beginning of the next one.

    Raises:
        BrokenFrameError: it is no frame; the connection is to be closed.
    """
    arrived = Arrived()
    size = len(data)
    start = 0
    while size - start >= 2:  # noqa: PLR2004  the shortest frame
        body, length = start + 2, data[start + 1]
        if length & _MORE:
            found = _long_length(data, start + 1)
            if found is None:
                break
            length, body = found
        end = body + length
        if end > size:
            break
        if data[start] >> 4 == _PUBACK and length == 2:  # noqa: PLR2004  most of what comes
            arrived.pubacks.append(data[body] << 8 | data[body + 1])
        else:
            _take(arrived, data[start], bytes(data[body:end]))
        start = end
    arrived.consumed = start
    return arrived


def _take(arrived: Arrived, head: int, body: bytes) -> None:
    kind = head >> 4
    try:
        if kind == _PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            if head & 0x06:
                arrived.messages.append((body[2:end], body[end + 2 :], body[end] << 8 | body[end + 1]))
            else:
                arrived.messages.append((body[2:end], body[end:], 0))
        elif kind == _CONNACK:
            arrived.connack = (bool(body[0] & 1), body[1])
        elif kind == _SUBACK:
            arrived.suback = body[2:]
    except IndexError as error:
        raise BrokenFrameError(f"a frame of type {kind} with {len(body)} bytes") from error


def _frame(head: int, body: bytes) -> bytes:
    return bytes((head,)) + _length(len(body)) + body


def _length(length: int) -> bytes:
    if length < _MORE:
        return bytes((length,))
    digits = bytearray()
    while length >= _MORE:
        digits.append(length & 0x7F | _MORE)
        length >>= 7
    digits.append(length)
    return bytes(digits)


def _long_length(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Length and where the body begins; None while its bytes have not all come."""
    length = 0
    for place in range(_LONGEST_LENGTH):
        if at + place >= len(data):
            return None
        digit = data[at + place]
        length |= (digit & 0x7F) << (7 * place)
        if not digit & _MORE:
            return length, at + place + 1
    raise BrokenFrameError("a length of more than four bytes")
