"""Bytes ↔ messages: MessagePack arrays behind a two-byte head, deflated when that is smaller.

Layout: byte 0 the major version, byte 1 the encoding (0 plain, 1 raw deflate with dictionary 1),
then the body. Invariants: any bytes give a message or a `Rejected`, never an exception; what
inflates is bounded; the preset dictionary is frozen, a new one takes a new encoding number.
"""

import itertools
import math
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from fleet.wire.errors import OversizeError
from fleet.wire.messages import EventBatch, MeasurementBatch, Message, NodeState

MAJOR: Final = 1
MAX_PAYLOAD: Final = 262_144
"""Largest payload that may be published; brokers are configured to carry it."""
MAX_BODY: Final = 2_097_152
_PLAIN: Final = 0
_DEFLATE_1: Final = 1
_HEAD: Final = 2
_WORTH_DEFLATING: Final = 40
_LEVEL: Final = 3
_WINDOW: Final = -14
_MEM_LEVEL: Final = 8

# Least likely first: deflate reaches back shorter distances for what stands last.
_DICTIONARY_1: Final = (
    b"object_abandonedlitteredqueue_changedcongestion_changedpavement_drivenno_helmetspeeding"
    b"lane_misusedsolid_line_crossedcamera_movedcamera_coveredcamera_blurredcamera_darkcamera_frozen"
    b"camera_offline_recoveredwrong_waystop_line_blockedred_light_runparking_warnedparking_confirmed"
    b"crowd_clearedcrowd_formedloiteredintruded"
    b"node_cpu_tempnode_loadnode_mem_usednode_disk_freenode_outbox_rowsnode_outbox_age"
    b"camera_droppedcamera_fpsinference_p95temperaturehumiditypressurepm25pm10water_levelrain"
    b"occupancy_maxoccupancyspeed_meanqueue_lengthflow"
    b"bicyclebustruckmotorcyclecarperson"
    b"ssdlite_mobilenet_v2_coco/int8"
    b"cam-01cam-02cam-03cam-04plazagategate-count"
    b"\xcb@N\x00\x00\x00\x00\x00\x00"
    b"\xa8backward\xa7forward\xacline_crossed"
)

MessageT = TypeVar("MessageT", bound=Message)


class Reason(StrEnum):
    """Why a payload was refused; stable, counted, stored with the dead letter."""

    EMPTY = "empty"
    OVERSIZE = "oversize"
    NEWER_MAJOR = "newer_major"
    OLDER_MAJOR = "older_major"
    UNKNOWN_ENCODING = "unknown_encoding"
    BAD_COMPRESSION = "bad_compression"
    MALFORMED = "malformed"
    NOT_FINITE = "not_finite"
    SEQ_ORDER = "seq_order"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that gave no message."""

    reason: Reason
    detail: str


class Codec:
    """Encoder and decoders, built once and reused; safe to share between threads."""

    def __init__(self) -> None:
        """Build the encoder; decoders are made at the first use of a type."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoders: dict[type, msgspec.msgpack.Decoder[Message]] = {}

    def encode(self, message: Message) -> bytes:
        """Payload of `message`; raises OversizeError past MAX_PAYLOAD (split the batch)."""
        body = self._encoder.encode(message)
        payload = bytes((MAJOR, _PLAIN)) + body
        if len(body) >= _WORTH_DEFLATING:
            deflated = _deflate(body)
            if len(deflated) < len(body):
                payload = bytes((MAJOR, _DEFLATE_1)) + deflated
        if len(payload) > MAX_PAYLOAD or len(body) > MAX_BODY:
            raise OversizeError(
                f"{len(payload)} bytes of {type(message).__name__}: split it below {MAX_PAYLOAD}"
            )
        return payload

    def decode(self, payload: bytes, expected: type[MessageT]) -> MessageT | Rejected:
        """Parse `payload` as `expected`, or tell why not."""
        body = body_of(payload)
        if isinstance(body, Rejected):
            return body
        decoder = self._decoders.get(expected)
        if decoder is None:
            decoder = self._decoders[expected] = msgspec.msgpack.Decoder(expected)
        try:
            message = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Rejected(Reason.MALFORMED, f"{expected.__name__}: {error}")
        if not isinstance(message, expected):  # the decoder of `expected` gives nothing else
            return Rejected(Reason.MALFORMED, f"{expected.__name__}: decoded as {type(message).__name__}")
        return _checked(message)


def _checked(message: MessageT) -> MessageT | Rejected:
    """Refuse what types cannot: seqs out of order, and floats that are no number."""
    if isinstance(message, EventBatch):
        return _checked_batch(
            message,
            [event.seq for event in message.events],
            [x for e in message.events for x in (e.duration_s, e.value) if x is not None],
        )
    if isinstance(message, MeasurementBatch):
        return _checked_batch(
            message,
            [row.seq for row in message.rows],
            [x for row in message.rows for x in (row.value, row.period_s)],
        )
    if isinstance(message, NodeState):
        rates = [camera.fps for camera in message.cameras]
        if not all(map(math.isfinite, (message.uptime_s, message.outbox_age_s, *rates))):
            return Rejected(Reason.NOT_FINITE, "a value is NaN or infinite")
    return message


def _checked_batch(message: MessageT, seqs: list[int], values: list[float]) -> MessageT | Rejected:
    skipped = message.skipped if isinstance(message, EventBatch | MeasurementBatch) else ()
    if any(a >= b for a, b in itertools.pairwise(seqs)):
        return Rejected(Reason.SEQ_ORDER, "seqs of a batch must ascend")
    if any(s.from_seq > s.to_seq for s in skipped):
        return Rejected(Reason.SEQ_ORDER, "a skipped range ends before it starts")
    if not all(map(math.isfinite, values)):
        return Rejected(Reason.NOT_FINITE, "a value is NaN or infinite")
    return message


def body_of(payload: bytes) -> bytes | Rejected:
    """The MessagePack body of `payload`, inflated, for who must read past a malformed part."""
    if len(payload) < _HEAD:
        return Rejected(Reason.EMPTY, f"{len(payload)} bytes")
    if len(payload) > MAX_PAYLOAD:
        return Rejected(Reason.OVERSIZE, f"{len(payload)} bytes, the limit is {MAX_PAYLOAD}")
    major, encoding = payload[0], payload[1]
    if major != MAJOR:
        reason = Reason.NEWER_MAJOR if major > MAJOR else Reason.OLDER_MAJOR
        return Rejected(reason, f"major version {major}, this side speaks {MAJOR}")
    if encoding == _PLAIN:
        return payload[_HEAD:]
    if encoding == _DEFLATE_1:
        return _inflate(payload[_HEAD:])
    return Rejected(Reason.UNKNOWN_ENCODING, f"encoding {encoding}")


def _deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(
        _LEVEL, zlib.DEFLATED, _WINDOW, _MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY_1
    )
    return deflater.compress(body) + deflater.flush()


def _inflate(deflated: bytes) -> bytes | Rejected:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS, _DICTIONARY_1)
    try:
        body = inflater.decompress(deflated, MAX_BODY + 1)
    except zlib.error as error:
        return Rejected(Reason.BAD_COMPRESSION, str(error))
    if len(body) > MAX_BODY:
        return Rejected(Reason.OVERSIZE, f"inflates past {MAX_BODY} bytes")
    if not inflater.eof or inflater.unused_data:
        return Rejected(Reason.BAD_COMPRESSION, "the compressed body is cut or has bytes after its end")
    return body
