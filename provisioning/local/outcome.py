"""The figures of a run on one machine, from what nodes made and what the stores hold (pure)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from fleet.wire.kinds import ALARM_KINDS

_QUANTILES: Final = (0.5, 0.95, 0.99)


class NodeSummary(msgspec.Struct, frozen=True):
    """The line that `edge-agent run` writes when it stops; `waiting` facts are still in its outbox."""

    node: str
    frames: int
    events: int
    measurements: int
    dropped: int
    waiting: int


class StreamAudit(msgspec.Struct, frozen=True):
    """What the stores hold of one stream, by counting, and what the aggregator has accounted for.

    `watermark` and the `ranges` beyond it are the seqs that the aggregator says it has.
    """

    node: str
    watermark: int
    ranges: tuple[tuple[int, int], ...]
    events_stored: int
    rows_stored: int
    duplicated: int


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as the API gives it, as far as the figures need it; times in ms UTC."""

    kind: str
    occurred_at_ms: float
    received_at_ms: float


class Latency(msgspec.Struct, frozen=True):
    """From the frame to the commit in the store, in milliseconds; None without an event."""

    p50: float | None
    p95: float | None
    p99: float | None


class Outcome(msgspec.Struct, frozen=True):
    """The closing line of a run."""

    seconds: float
    nodes: int
    frames: int
    events_sent: int
    events_stored: int
    measurements_stored: int
    lost: int
    duplicated: int
    alarms: int
    latency_ms: Latency


def outcome(
    seconds: float,
    nodes: Sequence[NodeSummary],
    streams: Sequence[StreamAudit],
    events: Sequence[StoredEvent],
) -> Outcome:
    """Join the figures.

    A fact is lost when the aggregator accounts for its seq and it is not in a store (declared as
    dropped, dead-lettered, or gone), or when its node dropped it. What still waits in an outbox is
    not lost: it is sent at the next start.
    """
    accounted = sum(
        audit.watermark + sum(last - first + 1 for first, last in audit.ranges) for audit in streams
    )
    stored = sum(audit.events_stored + audit.rows_stored - audit.duplicated for audit in streams)
    dropped = sum(node.dropped for node in nodes)
    return Outcome(
        seconds=round(seconds, 1),
        nodes=len(nodes),
        frames=sum(node.frames for node in nodes),
        events_sent=sum(node.events for node in nodes),
        events_stored=sum(audit.events_stored for audit in streams),
        measurements_stored=sum(audit.rows_stored for audit in streams),
        lost=accounted - stored + dropped,
        duplicated=sum(audit.duplicated for audit in streams),
        alarms=sum(event.kind in ALARM_KINDS for event in events),
        latency_ms=_latency([event.received_at_ms - event.occurred_at_ms for event in events]),
    )


def _latency(values_ms: list[float]) -> Latency:
    if not values_ms:
        return Latency(None, None, None)
    ordered = sorted(values_ms)
    last = len(ordered) - 1
    return Latency(*(round(ordered[min(last, int(len(ordered) * q))], 1) for q in _QUANTILES))
