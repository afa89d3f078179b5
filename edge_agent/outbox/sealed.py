"""A fact that is ready for the journal, and its bytes there.

Invariant: a stored body is not numbered; its seq is the journal's key and is put back when it is read, so
that a stream can be numbered anew without touching a body.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from fleet.wire.kinds import Priority, priority_of
from fleet.wire.messages import Event, MeasurementRow, Skipped

UNNUMBERED: Final = 1
"""Seq of a fact that the journal has not numbered yet: the smallest that the wire allows."""

Fact = Event | MeasurementRow
Entry = Event | MeasurementRow | Skipped
"""What a stream consists of: every seq is either a fact or lies in a declared skip."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A fact with its time in UTC, not yet numbered.

    Attributes:
        fact: `seq` is UNNUMBERED.
        anchor_ms: when it happened on the monotonic clock; only while the UTC time is not to be trusted.
        boot: the boot that `anchor_ms` belongs to; empty without an anchor.
    """

    fact: Fact
    anchor_ms: int | None = None
    boot: str = ""


_encoder = msgspec.msgpack.Encoder()
_events = msgspec.msgpack.Decoder(Event, strict=True)
_rows = msgspec.msgpack.Decoder(MeasurementRow, strict=True)


def priority_of_fact(fact: Fact) -> Priority:
    """Worth of a fact when the disk is full."""
    return priority_of(fact.kind) if isinstance(fact, Event) else Priority.MEASUREMENT


def encode_body(fact: Fact) -> bytes:
    """Bytes of a fact without its number."""
    return _encoder.encode(fact if fact.seq == UNNUMBERED else msgspec.structs.replace(fact, seq=UNNUMBERED))


def decode_body(body: bytes, priority: int, seq: int) -> Fact | None:
    """Read a stored fact and number it; None when the bytes are damaged."""
    try:
        fact: Fact = _rows.decode(body) if priority == Priority.MEASUREMENT else _events.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return msgspec.structs.replace(fact, seq=seq)


def last_seq_of(entry: Entry) -> int:
    """Highest seq that an entry accounts for."""
    return entry.to_seq if isinstance(entry, Skipped) else entry.seq
