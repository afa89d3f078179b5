"""Bytes from the broker → typed facts of one node, or the reason why not.

Pure. Invariants: the node is the topic's, which the broker's permissions tie to the client, never
the payload's; any topic and payload give a value, never an exception; unknown kinds of events and
names of measurements are accepted, so that a newer node loses nothing to an older server.

A batch that does not decode is salvaged: facts that are right by themselves are accepted, and of
those that are not the seq is read, so that the watermark may count them as dead-lettered and the
node stops sending them. What gives not even that is rejected whole and counts for nothing: the node
keeps it and sends it again, which a newer server may understand.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec

from aggregator.storage.timeseries.store import MAX_START_MS
from fleet.wire import topics
from fleet.wire.codec import Codec, Reason, Rejected, body_of
from fleet.wire.messages import (
    MAX_BATCH,
    Event,
    EventBatch,
    MeasurementBatch,
    MeasurementRow,
    NodeState,
    Seq,
    Skipped,
    Stream,
)
from fleet.wire.topics import UpChannel


class FactReason(StrEnum):
    """Why one fact was refused; stable, counted, stored with the dead letter."""

    MALFORMED = "malformed"
    NOT_FINITE = "not_finite"
    TIME_RANGE = "time_range"
    NUL_CHARACTER = "nul_character"
    STORE_REFUSED = "store_refused"


class Refusal(StrEnum):
    """Why a whole payload was refused, beside the codec's reasons."""

    UNKNOWN_TOPIC = "unknown_topic"
    TOO_MANY_STREAMS = "too_many_streams"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class BadFact:
    """A fact whose seq could be read and nothing else is to be trusted."""

    seq: int
    reason: FactReason
    detail: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What one delivery says about one stream (16 hex digits): facts ascend by seq, without doubles."""

    node: str
    stream: str
    events: tuple[Event, ...] = ()
    rows: tuple[MeasurementRow, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    bad: tuple[BadFact, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """A node's birth, heartbeat or will."""

    node: str
    state: NodeState


@dataclass(frozen=True, slots=True)
class Unheard:
    """What is the node's to say, and is nothing to ingest: another channel, or a retained state cleared."""

    node: str
    channel: UpChannel


@dataclass(frozen=True, slots=True)
class Refused:
    """A payload that gave nothing; `node` is empty when the topic is not a node's."""

    node: str
    reason: str
    detail: str


Accepted = Facts | State | Unheard | Refused
_SALVAGEABLE: Final = frozenset({Reason.MALFORMED, Reason.NOT_FINITE, Reason.SEQ_ORDER})
_FactT = TypeVar("_FactT", Event, MeasurementRow)


class _LooseBatch(msgspec.Struct, array_like=True, frozen=True):
    stream: Stream
    facts: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=MAX_BATCH)]
    skipped: msgspec.Raw = msgspec.Raw(b"\x90")


class _LooseFact(msgspec.Struct, array_like=True, frozen=True):
    seq: Seq


_loose_batch: Final = msgspec.msgpack.Decoder(_LooseBatch)
_loose_fact: Final = msgspec.msgpack.Decoder(_LooseFact)
_event: Final = msgspec.msgpack.Decoder(Event)
_row: Final = msgspec.msgpack.Decoder(MeasurementRow)
_skips: Final = msgspec.msgpack.Decoder(tuple[Skipped, ...])


def accept(topic: str, payload: bytes, codec: Codec) -> Accepted:
    """Turn a delivery into what it says."""
    parsed = topics.parse_up(topic)
    if parsed is None:
        return Refused("", Refusal.UNKNOWN_TOPIC, f"{topic[:200]!r} is not a topic of a node")
    match parsed.channel:
        case UpChannel.STATE if not payload:  # how MQTT clears what was retained, as when a node is revoked
            return Unheard(parsed.node, UpChannel.STATE)
        case UpChannel.EVENTS:
            return _accept_events(parsed.node, payload, codec)
        case UpChannel.MEASUREMENTS:
            return _accept_rows(parsed.node, payload, codec)
        case UpChannel.STATE:
            return _accept_state(parsed.node, payload, codec)
        case other:
            return Unheard(parsed.node, other)


def _accept_events(node: str, payload: bytes, codec: Codec) -> Facts | Refused:
    batch = codec.decode(payload, EventBatch)
    if isinstance(batch, Rejected):
        return _salvaged_events(node, payload, batch)
    texts = [_text_of_event(event) for event in batch.events]
    if "\x00" in "".join([*texts, *[skip.reason for skip in batch.skipped]]):
        return _salvaged_events(node, payload, Rejected(Reason.MALFORMED, "a text holds a NUL character"))
    return Facts(node, batch.stream.hex(), events=batch.events, skipped=batch.skipped)


def _accept_rows(node: str, payload: bytes, codec: Codec) -> Facts | Refused:
    batch = codec.decode(payload, MeasurementBatch)
    if isinstance(batch, Rejected):
        return _salvaged_rows(node, payload, batch)
    rows = batch.rows
    texts = [_text_of_row(row) for row in rows]
    if "\x00" in "".join([*texts, *[skip.reason for skip in batch.skipped]]) or _ends_of_time(rows):
        return _salvaged_rows(node, payload, Rejected(Reason.MALFORMED, "a row that cannot be stored"))
    return Facts(node, batch.stream.hex(), rows=rows, skipped=batch.skipped)


def _accept_state(node: str, payload: bytes, codec: Codec) -> State | Refused:
    state = codec.decode(payload, NodeState)
    if isinstance(state, Rejected):
        return Refused(node, state.reason, state.detail)
    texts = (state.phase, state.agent_version, state.model, state.hardware, state.detail)
    cameras = (text for each in state.cameras for text in (each.camera, each.status, each.detail))
    if "\x00" in "".join((*texts, *cameras)):
        return Refused(node, FactReason.NUL_CHARACTER, "a text holds a NUL character")
    return State(node, state)


def _salvaged_events(node: str, payload: bytes, rejected: Rejected) -> Facts | Refused:
    loose = _loosely(payload, rejected)
    if isinstance(loose, Rejected):
        return Refused(node, loose.reason, loose.detail)
    good, bad = _sorted_out([_one_event(each) for each in loose.facts])
    facts = Facts(node, loose.stream.hex(), events=good, skipped=_skips_of(loose), bad=bad)
    said = good or bad or facts.skipped
    return facts if said else Refused(node, rejected.reason, rejected.detail)


def _salvaged_rows(node: str, payload: bytes, rejected: Rejected) -> Facts | Refused:
    loose = _loosely(payload, rejected)
    if isinstance(loose, Rejected):
        return Refused(node, loose.reason, loose.detail)
    good, bad = _sorted_out([_one_row(each) for each in loose.facts])
    facts = Facts(node, loose.stream.hex(), rows=good, skipped=_skips_of(loose), bad=bad)
    said = good or bad or facts.skipped
    return facts if said else Refused(node, rejected.reason, rejected.detail)


def _loosely(payload: bytes, rejected: Rejected) -> _LooseBatch | Rejected:
    """Read the frame of a batch, where the codec's reason leaves hope."""
    if rejected.reason not in _SALVAGEABLE:
        return rejected
    body = body_of(payload)
    if isinstance(body, Rejected):
        return body
    try:
        return _loose_batch.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return rejected


def _skips_of(loose: _LooseBatch) -> tuple[Skipped, ...]:
    """Declared skips; none when they do not decode, then the node declares them again."""
    try:
        skips = _skips.decode(loose.skipped)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(
        msgspec.structs.replace(skip, reason=skip.reason.replace("\x00", ""))
        for skip in skips
        if skip.from_seq <= skip.to_seq
    )


def _one_event(raw: msgspec.Raw) -> Event | BadFact | None:
    try:
        event = _event.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _bad(raw, str(error))
    if not all(math.isfinite(x) for x in (event.duration_s, event.value or 0.0, event.value_error or 0.0)):
        return BadFact(event.seq, FactReason.NOT_FINITE, "a value is NaN or infinite")
    if "\x00" in _text_of_event(event):
        return BadFact(event.seq, FactReason.NUL_CHARACTER, "a text holds a NUL character")
    return event


def _one_row(raw: msgspec.Raw) -> MeasurementRow | BadFact | None:
    try:
        row = _row.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _bad(raw, str(error))
    if not (math.isfinite(row.value) and math.isfinite(row.period_s)):
        return BadFact(row.seq, FactReason.NOT_FINITE, "a value is NaN or infinite")
    if "\x00" in _text_of_row(row):
        return BadFact(row.seq, FactReason.NUL_CHARACTER, "a text holds a NUL character")
    if _ends_of_time((row,)):
        return BadFact(row.seq, FactReason.TIME_RANGE, f"start_ms {row.start_ms} is past the year 2262")
    return row


def _bad(raw: msgspec.Raw, detail: str) -> BadFact | None:
    """The fact's seq with what is wrong, or None when not even the seq can be read."""
    try:
        return BadFact(_loose_fact.decode(raw).seq, FactReason.MALFORMED, detail)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _sorted_out(
    facts: Iterable[_FactT | BadFact | None],
) -> tuple[tuple[_FactT, ...], tuple[BadFact, ...]]:
    """Good and bad facts by seq; of two with one seq the first counts."""
    by_seq: dict[int, _FactT | BadFact] = {}
    for fact in facts:
        if fact is not None:
            by_seq.setdefault(fact.seq, fact)
    ordered = [by_seq[seq] for seq in sorted(by_seq)]
    good = tuple(fact for fact in ordered if not isinstance(fact, BadFact))
    return good, tuple(fact for fact in ordered if isinstance(fact, BadFact))


def _text_of_event(e: Event) -> str:
    return f"{e.kind}{e.rule}{e.camera}{e.zone_or_line}{e.class_name}{e.direction}{e.model}"


def _text_of_row(row: MeasurementRow) -> str:
    return f"{row.name}{row.source}{row.zone_or_line}{row.class_name}{row.direction}"


def _ends_of_time(rows: Sequence[MeasurementRow]) -> bool:
    return any([row.start_ms > MAX_START_MS for row in rows])  # noqa: C419  a list is faster here
