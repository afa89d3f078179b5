"""Totals of the day in Vietnam, counted once and then carried on from the rows that are new."""

import threading
from datetime import datetime, timedelta, timezone
from typing import Final

from aggregator.console.schemas import Totals
from aggregator.events.repository import EventsRepository
from aggregator.events.views import OPEN_ALARM_KINDS
from aggregator.live.update import add_kinds

VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""UTC+7 without summer time since 1975; fixed, so that no time zone database is needed."""


def midnight(now: datetime) -> datetime:
    """The beginning of the day in Vietnam."""
    return now.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)


class DayTotals:
    """Counts of today's events at `sites` (None: at all); `read` reads the new rows alone; any thread."""

    def __init__(self, events: EventsRepository, sites: frozenset[str] | None = None) -> None:
        self._events = events
        self._sites = sites
        self._lock = threading.Lock()
        self._day: datetime | None = None
        self._through_id = 0
        self._by_kind: dict[str, int] = {}

    def read(self, now: datetime) -> Totals:
        """Totals up to now."""
        day = midnight(now)
        with self._lock:
            if day != self._day:
                found = self._events.count_since(day, self._sites)
                self._by_kind = {}
            else:
                found = self._events.count_after(self._through_id, day, self._sites)
            self._day, self._through_id = day, found.through_id
            add_kinds(self._by_kind, found.by_kind)
            by_kind = dict(self._by_kind)
        return Totals(
            day=day.date().isoformat(),
            events=sum(by_kind.values()),
            alarms=sum(count for kind, count in by_kind.items() if kind in OPEN_ALARM_KINDS),
            by_kind=by_kind,
        )
