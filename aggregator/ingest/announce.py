"""What ingest tells the rest of the program after a commit: stored facts, and nodes that spoke.

The listener must not block: it is called on the ingest thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from fleet.wire.messages import Event, MeasurementRow, NodeState


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """An event that is committed; `stream` is 16 hex digits, `received_at` the server's clock."""

    node: str
    stream: str
    event: Event
    received_at: datetime

    @property
    def public_id(self) -> str:
        """The id that the API shows: `{node}:{stream}:{seq}`."""
        return f"{self.node}:{self.stream}:{self.event.seq}"


@dataclass(frozen=True, slots=True)
class EventsStored:
    """Events of one commit, each for the first time."""

    events: tuple[StoredEvent, ...]


@dataclass(frozen=True, slots=True)
class MeasurementsStored:
    """Rows of one commit as `(node, row)`, each for the first time."""

    rows: tuple[tuple[str, MeasurementRow], ...]


@dataclass(frozen=True, slots=True)
class NodeSpoke:
    """A node's birth, heartbeat or will, taken into account."""

    node: str
    state: NodeState
    received_at: datetime


Announcement = EventsStored | MeasurementsStored | NodeSpoke
Announce = Callable[[Announcement], None]
