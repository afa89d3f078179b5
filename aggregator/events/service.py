"""Lists events and finds one."""

from typing import Annotated

import msgspec

from aggregator.errors import NotFoundError
from aggregator.events.repository import EventFilter, EventsRepository, Position
from aggregator.events.schemas import EventPage, EventView
from aggregator.events.views import parse_event_id
from aggregator.web.cursors import decode_cursor, encode_cursor

_Int = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class EventsService:
    """The slice's use cases."""

    def __init__(self, repository: EventsRepository) -> None:
        self._repository = repository

    def get(self, event_id: str, sites: frozenset[str] | None = None) -> EventView:
        """One event by its public id, if its node stands on one of `sites`; raises NotFoundError."""
        parsed = parse_event_id(event_id)
        found = None if parsed is None else self._repository.get(*parsed, sites)
        if found is None:
            raise NotFoundError("there is no such event; an id is written {node}:{stream}:{seq}")
        return found

    def page(self, wanted: EventFilter, *, cursor: str | None, limit: int) -> EventPage:
        """A page of events, newest first."""
        after = None
        if cursor is not None:
            after = Position(*decode_cursor(cursor, tuple[_Int, _Int]))
        found = self._repository.page(wanted, after=after, limit=limit + 1)
        kept = found[:limit]
        next_cursor = None
        if len(found) > limit:
            last = kept[-1][0]
            next_cursor = encode_cursor((last.occurred_at_ms, last.id))
        return EventPage(items=[view for _, view in kept], next_cursor=next_cursor)
