import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.wire import messages

from aggregator.ingest.accept import Facts, Refused, State, Unheard, accept
from aggregator.storage.timeseries.store import MAX_START_MS
from fleet.wire.codec import Codec
from fleet.wire.messages import (
    Event,
    EventBatch,
    MeasurementBatch,
    MeasurementRow,
    Message,
    NodeState,
    Skipped,
)
from fleet.wire.topics import UpChannel

CODEC = Codec()
STREAM = bytes.fromhex("0123456789abcdef")
EV, MS, STATE = "mt/v1/up/node-1/ev", "mt/v1/up/node-1/ms", "mt/v1/up/node-1/state"


def event(seq: int, **fields: object) -> Event:
    return Event(
        **{"seq": seq, "occurred_at_ms": 1, "clock": 0, "kind": "k", "rule": "r", "camera": "c"} | fields
    )


def row(seq: int, **fields: object) -> MeasurementRow:
    empty = {"zone_or_line": "", "class_name": "", "direction": ""}
    given_ = {"seq": seq, "start_ms": 1, "period_s": 60.0, "name": "flow", "source": "c", "value": 1.0}
    return MeasurementRow(**given_ | empty | fields)


def raw(*parts: object) -> bytes:
    return b"\x01\x00" + msgspec.msgpack.encode(list(parts))


def as_list(fact: Event | MeasurementRow) -> list[object]:
    return msgspec.to_builtins(fact, builtin_types=(bytes,))


def bad(found: object) -> list[tuple[int, str]]:
    assert isinstance(found, Facts), found
    return [(fact.seq, fact.reason.value) for fact in found.bad]


def test_a_batch_of_events_is_the_topics_nodes() -> None:
    batch = EventBatch(STREAM, (event(1), event(5)), (Skipped(2, 4, "quota", 3),))
    expected = Facts("node-1", "0123456789abcdef", events=batch.events, skipped=batch.skipped)
    assert expected == accept(EV, CODEC.encode(batch), CODEC)


def test_a_batch_of_rows_with_a_name_that_the_catalogue_lacks_is_accepted() -> None:
    batch = MeasurementBatch(STREAM, (row(1), row(2, name="invented_later")))
    assert Facts("node-1", "0123456789abcdef", rows=batch.rows) == accept(MS, CODEC.encode(batch), CODEC)


def test_an_unknown_kind_of_event_is_accepted() -> None:
    batch = EventBatch(STREAM, (event(1, kind="invented_later"),))
    assert batch.events == accept(EV, CODEC.encode(batch), CODEC).events


def test_a_state_is_taken() -> None:
    state = NodeState(session=7, phase="born", at_ms=1)
    assert State("node-1", state) == accept(STATE, CODEC.encode(state), CODEC)


@pytest.mark.parametrize("channel", ["cfg", "job", "rsp"])
def test_other_channels_are_left_to_who_listens_to_them(channel: str) -> None:
    assert Unheard("node-1", UpChannel(channel)) == accept(f"mt/v1/up/node-1/{channel}", b"?", CODEC)


def test_a_cleared_state_is_no_dead_letter() -> None:
    assert Unheard("node-1", UpChannel.STATE) == accept("mt/v1/up/node-1/state", b"", CODEC)


@pytest.mark.parametrize(
    "topic", ["", "x", "mt/v1/up/node-1/ev/x", "mt/v1/up/NODE/ev", "mt/v1/dn/node-1/ack"]
)
def test_a_topic_that_is_no_nodes_is_refused(topic: str) -> None:
    found = accept(topic, CODEC.encode(EventBatch(STREAM, (event(1),))), CODEC)
    assert (found.node, found.reason) == ("", "unknown_topic")


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (EV, b"", "empty"),
        (EV, b"\x02\x00" + b"x" * 40, "newer_major"),
        (EV, b"\x00\x00x", "older_major"),
        (EV, b"\x01\x07x", "unknown_encoding"),
        (EV, b"\x01\x01not deflate", "bad_compression"),
        (EV, b"\x01\x00not msgpack", "malformed"),
        (EV, raw(b"short", []), "malformed"),
        (EV, raw(STREAM), "malformed"),
        (EV, raw(STREAM, ["no fact", {"a": 1}]), "malformed"),
        (EV, raw(STREAM, [["no seq", 1]]), "malformed"),
        (EV, raw(STREAM, [[0, 1]]), "malformed"),
        (MS, b"\x01\x00" + b"\x91" * 5_000, "malformed"),
        (MS, raw(STREAM, [[1]] * 1_001), "malformed"),
        (STATE, raw(1), "malformed"),
        (STATE, raw(1, "bo\x00rn", 1), "nul_character"),
    ],
)
def test_what_gives_nothing_is_refused_with_the_reason(
    topic: str, payload: bytes, reason: str | None
) -> None:
    found = accept(topic, payload, CODEC)
    assert isinstance(found, Refused)
    assert ("node-1", reason) == (found.node, found.reason)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([2, "not a time"], "malformed"),
        ([2], "malformed"),
        ([*as_list(event(2, score_e3=1))[:9], 5000], "malformed"),
        ([*as_list(event(2, duration_s=1.5))[:11], math.nan], "not_finite"),
        ([*as_list(event(2))], None),
        ([*as_list(event(2, value=1.0))[:13], math.inf], "not_finite"),
        (as_list(event(2, kind="a\x00b")), "nul_character"),
        (as_list(event(2, model="\x00")), "nul_character"),
    ],
)
def test_of_a_batch_of_events_the_good_are_stored_and_the_bad_named(
    wrong: list[object], reason: str | None
) -> None:
    found = accept(EV, raw(STREAM, [as_list(event(1)), wrong, as_list(event(3))]), CODEC)
    expected = ((1, 3), [(2, reason)]) if reason else ((1, 2, 3), [])
    assert expected == (tuple(each.seq for each in found.events), bad(found))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([2, 1, 60.0, "flow"], "malformed"),
        ([*as_list(row(2))[:8], math.nan], "not_finite"),
        (as_list(row(2, period_s=math.inf)), "not_finite"),
        (as_list(row(2, source="\x00")), "nul_character"),
        (as_list(row(2, start_ms=MAX_START_MS + 1)), "time_range"),
        ([*as_list(row(2))[:10], 9], "malformed"),
    ],
)
def test_of_a_batch_of_rows_the_good_are_stored_and_the_bad_named(
    wrong: list[object], reason: str | None
) -> None:
    found = accept(MS, raw(STREAM, [as_list(row(1)), wrong, as_list(row(3))]), CODEC)
    assert ((1, 3), [(2, reason)]) == (tuple(each.seq for each in found.rows), bad(found))


def test_the_last_time_that_the_store_can_hold_is_good() -> None:
    batch = MeasurementBatch(STREAM, (row(1, start_ms=MAX_START_MS),))
    assert batch.rows == accept(MS, CODEC.encode(batch), CODEC).rows


def test_facts_out_of_order_are_sorted_and_of_two_with_one_seq_the_first_counts() -> None:
    facts = [as_list(event(seq, kind=kind)) for seq, kind in ((3, "a"), (1, "b"), (3, "c"))]
    found = accept(EV, raw(STREAM, facts), CODEC)
    assert [(each.seq, each.kind) for each in found.events] == [(1, "b"), (3, "a")]


@pytest.mark.parametrize(
    ("skips", "expected"),
    [
        ([[2, 4, "quota", 3]], [Skipped(2, 4, "quota", 3)]),
        ([[4, 2, "quota", 3]], []),
        ([["no skip"]], []),
        ("no list", []),
        ([[2, 4, "a\x00b", 3]], [Skipped(2, 4, "ab", 3)]),
    ],
)
def test_skips_of_a_batch_that_is_salvaged(skips: object, expected: object) -> None:
    found = accept(EV, raw(STREAM, [as_list(event(1)), [9]], skips), CODEC)
    assert expected == list(found.skipped)


def test_a_nul_in_the_reason_of_a_skip_does_not_cost_the_facts() -> None:
    batch = EventBatch(STREAM, (event(1),), (Skipped(2, 2, "a\x00", 1),))
    expected = Facts("node-1", STREAM.hex(), events=batch.events, skipped=(Skipped(2, 2, "a", 1),))
    assert expected == accept(EV, CODEC.encode(batch), CODEC)


@given(
    st.sampled_from([EV, MS, STATE]),
    st.binary(max_size=200) | st.binary(max_size=200).map(lambda b: b"\x01\x00" + b),
)
def test_any_bytes_give_a_value(topic: str, payload: bytes) -> None:
    assert isinstance(accept(topic, payload, CODEC), Facts | State | Unheard | Refused)


@given(st.sampled_from([EV, MS, STATE]), messages, st.integers(0, 400), st.integers(0, 255))
def test_any_message_with_a_byte_changed_gives_a_value(
    topic: str, message: Message, place: int, byte: int
) -> None:
    payload = bytearray(b"\x01\x00" + msgspec.msgpack.encode(message))
    payload[place % len(payload)] = byte
    assert isinstance(accept(topic, bytes(payload), CODEC), Facts | State | Refused)
