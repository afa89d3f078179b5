"""How entries become payloads."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.outbox.sealed import Entry, last_seq_of
from edge_agent.uplink.batching import MAX_FACTS, SAFE_PAYLOAD, cut, encode, is_due, reach
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import Event, EventBatch, MeasurementBatch, MeasurementRow, Skipped
from fleet.wire.topics import UpChannel

STREAM = b"12345678"


def event(seq: int, text: str = "gate") -> Event:
    return Event(seq, 1_700_000_000_000 + seq, 0, "line_crossed", text, "cam-01", track_id=seq)


def row(seq: int) -> MeasurementRow:
    return MeasurementRow(seq, 1_700_000_000_000, 60.0, "flow", "cam-01", "gate", "car", "forward", 2.0)


@st.composite
def stretches(draw: st.DrawFn) -> list[Entry]:
    entries: list[Entry] = []
    seq = 1
    for kind in draw(st.lists(st.sampled_from("eeerrrs"), max_size=160)):
        if kind == "s":
            length = draw(st.integers(1, 9))
            entries.append(Skipped(seq, seq + length - 1, "quota", length))
            seq += length
        else:
            entries.append(event(seq) if kind == "e" else row(seq))
            seq += 1
    return entries


@settings(max_examples=25)
@given(stretches())
def test_pieces_keep_everything_in_order_and_within_bounds(entries: list[Entry]) -> None:
    pieces = cut(entries)
    assert [entry for piece in pieces for entry in piece] == entries
    for piece in pieces:
        assert reach(piece) == last_seq_of(piece[-1])
        for kind in (Event, MeasurementRow, Skipped):
            assert sum(isinstance(entry, kind) for entry in piece) <= MAX_FACTS


@settings(max_examples=25)
@given(stretches())
def test_every_entry_is_on_the_wire_once_on_its_own_topic(entries: list[Entry]) -> None:
    codec = Codec()
    found: list[Entry] = []
    for piece in cut(entries):
        for message in encode(STREAM, piece, codec):
            assert len(message.payload) <= SAFE_PAYLOAD
            kind = EventBatch if message.channel is UpChannel.EVENTS else MeasurementBatch
            batch = codec.decode(message.payload, kind)
            assert not isinstance(batch, Rejected)
            facts = batch.events if isinstance(batch, EventBatch) else batch.rows
            assert batch.stream == STREAM
            assert message.facts == len(facts)
            found += [*facts, *batch.skipped]
    assert sorted(map(last_seq_of, found)) == sorted(map(last_seq_of, entries))


@pytest.mark.parametrize(
    ("entries", "channels"),
    [
        ([event(1)], [UpChannel.EVENTS]),
        ([row(1)], [UpChannel.MEASUREMENTS]),
        ([event(1), row(2)], [UpChannel.EVENTS, UpChannel.MEASUREMENTS]),
        ([Skipped(1, 2, "quota", 2)], [UpChannel.EVENTS]),
        ([row(1), Skipped(2, 3, "quota", 2)], [UpChannel.MEASUREMENTS]),
    ],
)
def test_events_and_rows_go_on_their_own_topics(entries: list[Entry], channels: list[UpChannel]) -> None:
    assert [message.channel for message in encode(STREAM, entries, Codec())] == channels


def test_what_is_too_large_together_is_split() -> None:
    noise = Random(1)
    wide = [
        Event(n, n, 0, "line_crossed", "r", "c", evidence=tuple(noise.randbytes(32) for _ in range(8)))
        for n in range(1, 401)
    ]
    messages = encode(STREAM, wide, Codec())
    assert len(messages) > 1
    assert sum(message.facts for message in messages) == len(wide)
    assert max(len(message.payload) for message in messages) <= SAFE_PAYLOAD


@pytest.mark.parametrize(
    ("pending", "waiting_s", "expected"),
    [(0, 9.0, False), (1, 0.0, False), (1, 0.3, True), (49, 0.1, False), (50, 0.0, True)],
)
def test_a_batch_goes_when_it_is_full_or_old(pending: int, waiting_s: float, *, expected: bool) -> None:
    assert is_due(pending, waiting_s) is expected
