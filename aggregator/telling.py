"""From what ingest announces to what consoles hear.

Called on the ingest thread: it counts, renders the few events that can be shown, and returns.
"""

from collections import Counter

from aggregator.events.views import view_event
from aggregator.ingest.announce import Announcement, EventsStored, MeasurementsStored
from aggregator.live.hub import LiveHub
from aggregator.live.update import NEWEST
from aggregator.nodes.schemas import NodeView
from fleet.wire.kinds import ALARM_KINDS


class Teller:
    """Listener of ingest and of the nodes slice, in front of the hub."""

    def __init__(self, hub: LiveHub) -> None:
        self._hub = hub

    def announce(self, announcement: Announcement) -> None:
        """Pass on what was committed; nodes that spoke come through `node_changed`."""
        match announcement:
            case EventsStored(events):
                by_kind = Counter([stored.event.kind for stored in events])
                self._hub.note_events(
                    by_kind,
                    sum(count for kind, count in by_kind.items() if kind in ALARM_KINDS),
                    [
                        view_event(
                            stored.event,
                            node=stored.node,
                            stream=stored.stream,
                            received_at=stored.received_at,
                        )
                        .model_dump_json(by_alias=True)
                        .encode()
                        for stored in events[-NEWEST:]
                    ],
                )
            case MeasurementsStored(rows):
                self._hub.note_measurements(Counter([row.name for _, row in rows]))
            case _:
                return

    def node_changed(self, view: NodeView) -> None:
        """Pass on a node's new view."""
        self._hub.note_node(view.node, view.model_dump_json(by_alias=True).encode())
