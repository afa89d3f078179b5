"""From stored or just received events to what people see; pure."""

import re
from datetime import datetime
from typing import Final

from aggregator.events.schemas import EventView
from aggregator.storage.instants import from_ms
from fleet.wire.kinds import ALARM_KINDS
from fleet.wire.messages import Event

OPEN_ALARM_KINDS: Final = frozenset(ALARM_KINDS - {"crowd_cleared"})
"""Kinds that call somebody; what ends an alarm travels as fast as one and calls nobody."""
_ID: Final = re.compile(r"([a-z0-9-]{3,32}):([0-9a-f]{16}):([1-9][0-9]{0,17})\Z")


def event_id(node: str, stream: str, seq: int) -> str:
    """Public id of an event."""
    return f"{node}:{stream}:{seq}"


def parse_event_id(text: str) -> tuple[str, str, int] | None:
    """Node, stream and seq of a public id; None when it is none."""
    found = _ID.match(text)
    return None if found is None else (found[1], found[2], int(found[3]))


def view_event(event: Event, *, node: str, stream: str, received_at: datetime) -> EventView:
    """Show an event of `stream` (16 hex digits)."""
    return EventView(
        id=event_id(node, stream, event.seq),
        node=node,
        stream=stream,
        seq=event.seq,
        kind=event.kind,
        alarm=event.kind in OPEN_ALARM_KINDS,
        rule=event.rule,
        camera=event.camera,
        zone_or_line=event.zone_or_line,
        class_=event.class_name,
        direction=event.direction,
        track_id=event.track_id,
        score=event.score,
        duration_s=event.duration_s,
        box=event.box,
        value=event.value,
        value_error=event.value_error,
        evidence=[digest.hex() for digest in event.evidence],
        model=event.model,
        clock=event.clock,
        occurred_at=from_ms(event.occurred_at_ms),
        received_at=received_at,
    )
