"""A payload as lines that a person reads (pure): one line a fact, a state or a refusal.

Times are shown in UTC as the node stamped them. What cannot be decoded is shown as such with its
reason and its first bytes, because that is when somebody taps.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import (
    CommandResponse,
    Event,
    EventBatch,
    JobStatus,
    MeasurementBatch,
    MeasurementRow,
    Message,
    NodeState,
    ReportedConfig,
    Skipped,
)
from fleet.wire.topics import UpChannel, parse_up

_SHOWN_BYTES: Final = 24
_CLOCKS: Final = ("", " clock=holdover", " clock=unsynced")
_QUALITIES: Final = ("", " suspect", " estimated", " bad")
_TYPES: Final[dict[UpChannel, type[Message]]] = {
    UpChannel.EVENTS: EventBatch,
    UpChannel.MEASUREMENTS: MeasurementBatch,
    UpChannel.STATE: NodeState,
    UpChannel.CONFIG: ReportedConfig,
    UpChannel.JOB: JobStatus,
    UpChannel.RESPONSE: CommandResponse,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a node said. `kind` is the event's kind, the measurement's name, or the channel."""

    at_ms: int | None
    node: str
    channel: str
    kind: str
    text: str

    def readable(self) -> str:
        """Fixed columns: time, node, channel, kind, and the rest."""
        at = "--:--:--.---" if self.at_ms is None else _clock_time(self.at_ms)
        return f"{at}  {self.node:<12} {self.channel:<5} {self.kind:<18} {self.text}".rstrip()


def read(topic: str, payload: bytes, codec: Codec) -> list[Line]:
    """Return the lines of one message; a payload that does not decode gives one line with its reason."""
    parsed = parse_up(topic)
    if parsed is None:
        return [Line(None, "?", "?", "foreign_topic", repr(topic))]
    message = codec.decode(payload, _TYPES[parsed.channel])
    if isinstance(message, Rejected):
        text = f"{message.detail}; {len(payload)} bytes {payload[:_SHOWN_BYTES].hex()}"
        return [Line(None, parsed.node, parsed.channel, f"REJECTED {message.reason}", text)]
    if isinstance(message, EventBatch):
        return [
            *(_event(parsed.node, event) for event in message.events),
            *(_skipped(parsed.node, parsed.channel, skipped) for skipped in message.skipped),
        ]
    if isinstance(message, MeasurementBatch):
        return [
            *(_row(parsed.node, row) for row in message.rows),
            *(_skipped(parsed.node, parsed.channel, skipped) for skipped in message.skipped),
        ]
    if isinstance(message, NodeState):
        return [_state(parsed.node, message)]
    return [Line(None, parsed.node, parsed.channel, parsed.channel, msgspec.json.encode(message).decode())]


def _event(node: str, event: Event) -> Line:
    parts = [
        f"{event.camera}/{event.zone_or_line}" if event.zone_or_line else event.camera,
        f"{event.class_name} #{event.track_id}" if event.class_name else "",
        event.direction,
        f"score={event.score:.2f}" if event.score_e3 else "",
        f"for={event.duration_s:g}s" if event.duration_s else "",
        f"value={event.value:g}{_error(event)}" if event.value is not None else "",
        f"rule={event.rule}",
        f"seq={event.seq}{_CLOCKS[event.clock]}",
    ]
    return Line(event.occurred_at_ms, node, UpChannel.EVENTS, event.kind, " ".join(filter(None, parts)))


def _error(event: Event) -> str:
    return "" if event.value_error is None else f"±{event.value_error:g}"


def _row(node: str, row: MeasurementRow) -> Line:
    parts = [
        f"{row.source}/{row.zone_or_line}" if row.zone_or_line else row.source,
        row.class_name,
        row.direction,
        f"{row.value:g} (n={row.n}, {row.period_s:g} s){_QUALITIES[row.quality]}",
        f"seq={row.seq}",
    ]
    return Line(row.start_ms, node, UpChannel.MEASUREMENTS, row.name, " ".join(filter(None, parts)))


def _skipped(node: str, channel: str, skipped: Skipped) -> Line:
    text = f"seq {skipped.from_seq}..{skipped.to_seq}: {skipped.count} dropped, {skipped.reason}"
    return Line(None, node, channel, "SKIPPED", text)


def _state(node: str, state: NodeState) -> Line:
    cameras = " ".join(f"{camera.camera}={camera.status}@{camera.fps:.1f}" for camera in state.cameras)
    parts = [
        f"session={state.session}",
        f"agent={state.agent_version}" if state.agent_version else "",
        f"outbox={state.outbox_rows} ({state.outbox_age_s:.0f} s)" if state.outbox_rows else "",
        cameras,
        state.detail,
    ]
    return Line(state.at_ms, node, UpChannel.STATE, state.phase, " ".join(filter(None, parts)))


def _clock_time(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return f"{at:%H:%M:%S}.{at_ms % 1000:03}"
