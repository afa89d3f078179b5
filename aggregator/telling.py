"""From what ingest and alarms announce to what consoles hear.

Called on their threads: it counts, renders the few events that can be shown, and returns.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from aggregator.alarms.changed import AlarmsChanged
from aggregator.events.views import OPEN_ALARM_KINDS, view_event
from aggregator.ingest.announce import Announcement, EventsStored, MeasurementsStored, StoredEvent
from aggregator.live.hub import LiveHub
from aggregator.live.update import NEWEST, Counts, Placed
from aggregator.nodes.schemas import NodeView


class Teller:
    """Listener of ingest and of the nodes slice, in front of the hub."""

    def __init__(self, hub: LiveHub) -> None:
        self._hub = hub

    def announce(self, announcement: Announcement) -> None:
        """Pass on what was committed; nodes that spoke come through `node_changed`."""
        match announcement:
            case EventsStored(events):
                by_kind = Counter([stored.event.kind for stored in events])
                alarms = [stored for stored in events if stored.event.kind in OPEN_ALARM_KINDS]
                by_node = _counted(events)
                self._hub.note_events(
                    by_kind,
                    len(alarms),
                    [_render(stored) for stored in events[-NEWEST:]],
                    [_render(stored) for stored in alarms[-NEWEST:]],
                    by_node,
                )
            case MeasurementsStored(rows):
                self._hub.note_measurements(Counter([row.name for _, row in rows]))
            case _:
                return

    def alarms_changed(self, changed: AlarmsChanged) -> None:
        """Pass on alarms as they are after a change."""
        views = {
            view.id: Placed(
                view.area, view.agency, view.site, msgspec.Raw(view.model_dump_json(by_alias=True).encode())
            )
            for view in changed.alarms
        }
        self._hub.note_alarms(views, are_all=not changed.more)

    def node_changed(self, view: NodeView) -> None:
        """Pass on a node's new view."""
        self._hub.note_node(view.node, view.model_dump_json(by_alias=True).encode())


def _counted(events: Sequence[StoredEvent]) -> dict[str, Counts]:
    kinds: dict[str, dict[str, int]] = {}
    for (node, kind), count in Counter([(stored.node, stored.event.kind) for stored in events]).items():
        kinds.setdefault(node, {})[kind] = count
    return {
        node: Counts(
            events=sum(by_kind.values()),
            alarms=sum(count for kind, count in by_kind.items() if kind in OPEN_ALARM_KINDS),
            by_kind=by_kind,
        )
        for node, by_kind in kinds.items()
    }


def _render(stored: StoredEvent) -> bytes:
    view = view_event(stored.event, node=stored.node, stream=stored.stream, received_at=stored.received_at)
    return view.model_dump_json(by_alias=True).encode()
