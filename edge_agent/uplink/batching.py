"""Entries of a stream → payloads. Pure.

Invariants: what is cut together covers the stream without a gap, so that events and rows on their two topics
leave the aggregator only small holes for a moment; no payload is larger than SAFE_PAYLOAD, which every broker
carries; an alarm goes at once and alone, everything else waits for company until a batch is full or old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.outbox.sealed import Entry, last_seq_of
from fleet.wire.codec import Codec
from fleet.wire.errors import OversizeError
from fleet.wire.messages import Event, EventBatch, MeasurementBatch, MeasurementRow, Skipped
from fleet.wire.topics import UpChannel

MAX_FACTS: Final = 50
WAIT_S: Final = 0.25
SAFE_PAYLOAD: Final = 60_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, encoded."""

    channel: UpChannel
    payload: bytes
    facts: int


def is_due(pending: int, waiting_s: float) -> bool:
    """Whether to send now: a batch is full, or its first fact has waited long enough."""
    return pending >= MAX_FACTS or (pending > 0 and waiting_s >= WAIT_S)


def cut(entries: Sequence[Entry]) -> list[tuple[Entry, ...]]:
    """Cut entries, in order, so that each piece gives at most one message of MAX_FACTS per topic."""
    pieces: list[tuple[Entry, ...]] = []
    start = 0
    counts = {Event: 0, MeasurementRow: 0, Skipped: 0}
    for place, entry in enumerate(entries):
        if counts[type(entry)] == MAX_FACTS:
            pieces.append(tuple(entries[start:place]))
            start = place
            counts = dict.fromkeys(counts, 0)
        counts[type(entry)] += 1
    if start < len(entries):
        pieces.append(tuple(entries[start:]))
    return pieces


def encode(stream: bytes, piece: Sequence[Entry], codec: Codec) -> list[Outgoing]:
    """Messages of one piece; halved until each fits.

    Raises:
        OversizeError: one entry alone does not fit, which sealing makes impossible.
    """
    events = tuple(entry for entry in piece if isinstance(entry, Event))
    rows = tuple(entry for entry in piece if isinstance(entry, MeasurementRow))
    skips = tuple(entry for entry in piece if isinstance(entry, Skipped))
    outgoing = []
    try:
        if events or (skips and not rows):
            payload = codec.encode(EventBatch(stream, events, skips))
            outgoing.append(Outgoing(UpChannel.EVENTS, payload, len(events)))
        if rows:
            payload = codec.encode(MeasurementBatch(stream, rows, () if events else skips))
            outgoing.append(Outgoing(UpChannel.MEASUREMENTS, payload, len(rows)))
        fits = all(len(message.payload) <= SAFE_PAYLOAD for message in outgoing)
    except OversizeError:
        if len(piece) == 1:
            raise
        fits = False
    if fits or len(piece) == 1:
        return outgoing
    half = len(piece) // 2
    return encode(stream, piece[:half], codec) + encode(stream, piece[half:], codec)


def reach(piece: Sequence[Entry]) -> int:
    """Highest seq that a piece accounts for."""
    return last_seq_of(piece[-1])
