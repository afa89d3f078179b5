"""Codec: any bytes give a message or a typed rejection; what is encoded decodes to itself."""

import math
import random
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.wire import messages

from fleet.wire.codec import MAJOR, MAX_BODY, MAX_PAYLOAD, Codec, Reason, Rejected
from fleet.wire.errors import OversizeError
from fleet.wire.messages import (
    CameraState,
    CommandResponse,
    Event,
    EventBatch,
    HostState,
    JobStatus,
    MeasurementBatch,
    MeasurementRow,
    Message,
    NodeState,
    ReportedConfig,
    Signed,
    Skipped,
    Watermark,
)

TYPES = [
    EventBatch,
    MeasurementBatch,
    NodeState,
    Watermark,
    HostState,
    ReportedConfig,
    JobStatus,
    CommandResponse,
    Signed,
]
CODEC = Codec()
EVENT = Event(1, 1_790_000_000_000, 0, "line_crossed", "gate-count", "cam-01")
ROW = MeasurementRow(1, 1_790_000_000_000, 60.0, "flow", "cam-01", "gate", "person", "forward", 3.0)
STREAM = b"\x01" * 8


def plain(value: object) -> bytes:
    """Return a plain payload of any MessagePack value."""
    return bytes((MAJOR, 0)) + msgspec.msgpack.encode(value)


@given(messages)
def test_decoding_what_was_encoded_gives_the_message(message: Message) -> None:
    assert message == CODEC.decode(CODEC.encode(message), type(message))


@given(st.binary(max_size=400), st.sampled_from(TYPES))
def test_any_bytes_give_a_message_or_a_rejection(payload: bytes, expected: type) -> None:
    assert isinstance(CODEC.decode(payload, expected), expected | Rejected)


@given(st.binary(max_size=200), st.sampled_from(TYPES), st.sampled_from([0, 1]))
def test_any_body_behind_a_good_head_gives_a_message_or_a_rejection(
    body: bytes, expected: type, encoding: int
) -> None:
    assert isinstance(CODEC.decode(bytes((MAJOR, encoding)) + body, expected), expected | Rejected)


@given(messages, st.data())
def test_a_cut_or_flipped_payload_never_raises(message: Message, data: st.DataObject) -> None:
    payload = bytearray(CODEC.encode(message))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    cut = bytes(payload[: data.draw(st.integers(0, len(payload)))])
    assert isinstance(CODEC.decode(cut, type(message)), type(message) | Rejected)


@given(messages, st.lists(st.integers() | st.text() | st.none(), min_size=1, max_size=3))
def test_unknown_trailing_fields_are_ignored(message: Message, more: list[object]) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(message))
    assert message == CODEC.decode(
        plain([*fields, *[m if not isinstance(m, int) else m % 2**60 for m in more]]), type(message)
    )


def test_unknown_trailing_fields_of_an_event_are_ignored() -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(EVENT))
    assert EventBatch(STREAM, (EVENT,)) == CODEC.decode(plain([STREAM, [[*fields, "new"]]]), EventBatch)


def test_fields_that_an_older_node_does_not_send_take_their_defaults() -> None:
    old = [STREAM, [[1, 1_790_000_000_000, 0, "line_crossed", "gate-count", "cam-01"]]]
    assert EventBatch(STREAM, (EVENT,)) == CODEC.decode(plain(old), EventBatch)


def with_value(value: float) -> EventBatch:
    """Return a batch whose event carries `value`."""
    return EventBatch(STREAM, (msgspec.structs.replace(EVENT, value=value),))


@pytest.mark.parametrize(
    ("payload", "expected", "reason"),
    [
        (b"", EventBatch, Reason.EMPTY),
        (b"\x01", EventBatch, Reason.EMPTY),
        (bytes(MAX_PAYLOAD + 1), EventBatch, Reason.OVERSIZE),
        (b"\x02\x00anything at all", EventBatch, Reason.NEWER_MAJOR),
        (b"\x00\x00", EventBatch, Reason.OLDER_MAJOR),
        (b"\x01\x07", EventBatch, Reason.UNKNOWN_ENCODING),
        (b"\x01\x01not deflate", EventBatch, Reason.BAD_COMPRESSION),
        (b"\x01\x01" + zlib.compress(b"\x90")[2:-4] + b"tail", EventBatch, Reason.BAD_COMPRESSION),
        (plain({"stream": 1}), EventBatch, Reason.MALFORMED),
        (plain([b"short", []]), EventBatch, Reason.MALFORMED),
        (plain([STREAM, [[0, 1, 0, "k", "r", "c"]]]), EventBatch, Reason.MALFORMED),
        (plain([STREAM, [[1, 1, 3, "k", "r", "c"]]]), EventBatch, Reason.MALFORMED),
        (plain([STREAM, [[1, 1, 0, "k" * 65, "r", "c"]]]), EventBatch, Reason.MALFORMED),
        (CODEC.encode(with_value(math.nan)), EventBatch, Reason.NOT_FINITE),
        (CODEC.encode(with_value(math.inf)), EventBatch, Reason.NOT_FINITE),
        (CODEC.encode(EventBatch(STREAM, (EVENT, EVENT))), EventBatch, Reason.SEQ_ORDER),
        (CODEC.encode(EventBatch(STREAM, (), (Skipped(5, 4, "quota", 1),))), EventBatch, Reason.SEQ_ORDER),
        (CODEC.encode(MeasurementBatch(STREAM, (ROW, ROW))), MeasurementBatch, Reason.SEQ_ORDER),
        (CODEC.encode(NodeState(1, "born", 1, uptime_s=math.nan)), NodeState, Reason.NOT_FINITE),
        (
            CODEC.encode(NodeState(1, "born", 1, cameras=(CameraState("c", "online", math.inf),))),
            NodeState,
            Reason.NOT_FINITE,
        ),
    ],
)
def test_each_way_to_be_wrong_has_its_reason(payload: bytes, expected: type, reason: Reason) -> None:
    rejected = CODEC.decode(payload, expected)
    assert isinstance(rejected, Rejected)
    assert reason == rejected.reason


def test_what_inflates_is_bounded() -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflater.compress(bytes(MAX_BODY + 1)) + deflater.flush()
    rejected = CODEC.decode(bytes((MAJOR, 1)) + bomb, EventBatch)
    assert Rejected(Reason.OVERSIZE, f"inflates past {MAX_BODY} bytes") == rejected


def test_an_oversize_message_is_refused_before_it_is_published() -> None:
    noise = random.Random(3)
    batch = Signed(body=noise.randbytes(262_144), signature=bytes(64))
    with pytest.raises(OversizeError, match="split"):
        CODEC.encode(batch)


def full_event(seq: int, rng: random.Random) -> Event:
    """Return an event with every field of design §4b filled."""
    x1, y1, x2, y2 = (rng.randrange(10_000) for _ in range(4))
    return Event(
        seq=seq,
        occurred_at_ms=1_790_000_000_000 + seq * 40,
        clock=0,
        kind=rng.choice(["line_crossed", "intruded"]),
        rule="gate-count",
        camera="cam-02",
        zone_or_line="gate",
        class_name=rng.choice(["person", "motorcycle"]),
        track_id=rng.randrange(5000),
        score_e3=rng.randrange(1000),
        direction=rng.choice(["forward", "backward"]),
        duration_s=round(rng.random() * 90, 1),
        box_e4=(x1, y1, x2, y2),
        value=float(rng.randrange(40)),
        evidence=(rng.randbytes(32),),
        model="ssdlite_mobilenet_v2_coco/int8",
    )


def full_row(seq: int, rng: random.Random) -> MeasurementRow:
    """Return a measurement row with every field filled."""
    return MeasurementRow(
        seq=seq,
        start_ms=1_790_000_000_000 + seq // 20 * 60_000,
        period_s=60.0,
        name=rng.choice(["flow", "occupancy"]),
        source="cam-02",
        zone_or_line="gate",
        class_name=rng.choice(["person", "motorcycle"]),
        direction=rng.choice(["forward", "backward"]),
        value=round(rng.random() * 50, 2),
        n=rng.randrange(1000),
    )


@pytest.mark.parametrize(("count", "most"), [(50, 70), (1, 130)])
def test_bytes_a_fact_stay_within_the_budget(count: int, most: int) -> None:
    rng = random.Random(5)
    events = CODEC.encode(EventBatch(rng.randbytes(8), tuple(full_event(i + 1, rng) for i in range(count))))
    rows = CODEC.encode(MeasurementBatch(rng.randbytes(8), tuple(full_row(i + 1, rng) for i in range(count))))
    assert (len(events) + len(rows)) / (2 * count) <= most
