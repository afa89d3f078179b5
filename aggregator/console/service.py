"""Gathers what the live page is drawn from.

Invariant: the position of the live feed is read before anything else, so that what is stored
meanwhile comes again by the feed and nothing falls between; rows have ids, so a repeat shows once. What is
remembered is remembered by the sites that may be seen, so nobody is shown what another may see.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aggregator.console.charts import busiest, charts_of, join_charts, window
from aggregator.console.remembered import Remembered
from aggregator.console.schemas import Chart, Charts, Overview, Summary
from aggregator.console.totals import DayTotals
from aggregator.events.repository import EventsRepository
from aggregator.events.views import OPEN_ALARM_KINDS
from aggregator.live.hub import LiveHub
from aggregator.nodes.service import NodesService
from aggregator.storage.instants import to_ms
from aggregator.storage.timeseries.store import (
    MAX_POINTS,
    Aggregate,
    Point,
    SeriesQuery,
    Tag,
    TagFilter,
    TimeSeriesStore,
)

_EVENTS_SHOWN: Final = 50
_NODES_SHOWN: Final = 500
_PLACES: Final = 10_000
_CHARTS_FOR_S: Final = 5.0
_SUMMARY_FOR_S: Final = 1.0
_VIEWS: Final = 32
"""Sets of sites for which a page is remembered; more people share fewer duties than that."""
_PLACE_TAGS: Final = (Tag.NODE, Tag.SOURCE, Tag.ZONE_OR_LINE)
_SERIES_TAGS: Final = (*_PLACE_TAGS, Tag.CLASS, Tag.DIRECTION)


@dataclass(frozen=True, slots=True)
class _View:
    """What is remembered for those who may see the same sites."""

    totals: DayTotals
    charts: Remembered[Charts]
    summary: Remembered[Summary]


class ConsoleService:
    """The page's reads. `clock` gives aware UTC, `monotonic` seconds."""

    def __init__(
        self,
        *,
        nodes: NodesService,
        events: EventsRepository,
        timeseries: TimeSeriesStore,
        hub: LiveHub,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._nodes = nodes
        self._events = events
        self._timeseries = timeseries
        self._hub = hub
        self._clock = clock
        self._monotonic = monotonic
        self._views: OrderedDict[frozenset[str] | None, _View] = OrderedDict()
        self._lock = threading.Lock()

    def overview(self, sites: frozenset[str] | None = None) -> Overview:
        """The whole page of who may see `sites` (None: all); raises StoreError."""
        position = self._hub.position
        return Overview(
            position=position,
            events=self._events.latest(_EVENTS_SHOWN, sites),
            alarms=self._events.latest_of(OPEN_ALARM_KINDS, _EVENTS_SHOWN, sites),
            summary=self._make_summary(sites, self._view(sites)),
        )

    def summary(self, sites: frozenset[str] | None = None) -> Summary:
        """All but the events, a second old at most; raises StoreError."""
        return self._view(sites).summary.get()

    def _view(self, sites: frozenset[str] | None) -> "_View":
        with self._lock:
            found = self._views.get(sites)
            if found is None:
                found = self._views[sites] = self._new_view(sites)
            self._views.move_to_end(sites)
            while len(self._views) > _VIEWS:
                self._views.popitem(last=False)
            return found

    def _new_view(self, sites: frozenset[str] | None) -> "_View":
        view = _View(
            totals=DayTotals(self._events, sites),
            charts=Remembered(
                lambda: self._make_charts(sites), for_s=_CHARTS_FOR_S, monotonic=self._monotonic
            ),
            summary=Remembered(
                lambda: self._make_summary(sites, view), for_s=_SUMMARY_FOR_S, monotonic=self._monotonic
            ),
        )
        return view

    def _make_summary(self, sites: frozenset[str] | None, view: "_View") -> Summary:
        now = self._clock()
        return Summary(
            now=now,
            nodes=self._nodes.page(after="", limit=_NODES_SHOWN, sites=sites),
            node_counts=self._nodes.counts(sites),
            totals=view.totals.read(now),
            charts=view.charts.get(),
        )

    def _make_charts(self, sites: frozenset[str] | None) -> Charts:
        start_ms, end_ms = window(to_ms(self._clock()))
        lines = self._by_place("flow", Aggregate.SUM, start_ms, end_ms, sites)
        zones = self._by_place("occupancy", Aggregate.MEAN, start_ms, end_ms, sites)
        return join_charts(
            start_ms,
            self._by_minute("flow", Aggregate.SUM, lines, start_ms, end_ms),
            lines,
            self._by_minute("occupancy", Aggregate.MEAN, zones, start_ms, end_ms),
            len(zones),
        )

    def _by_place(
        self, name: str, aggregate: Aggregate, start_ms: int, end_ms: int, sites: frozenset[str] | None
    ) -> tuple[Point, ...]:
        if sites is not None and not sites:
            return ()
        filters = () if sites is None else (TagFilter(Tag.SITE, tuple(sorted(sites))),)
        query = SeriesQuery(
            name, start_ms, end_ms, aggregate, None, filters, group_by=_PLACE_TAGS, limit=_PLACES
        )
        return self._timeseries.query(query)

    def _by_minute(
        self, name: str, aggregate: Aggregate, totals: tuple[Point, ...], start_ms: int, end_ms: int
    ) -> list[Chart]:
        places = busiest(totals)
        if not places:
            return []
        filters = tuple(
            TagFilter(tag, tuple(sorted({place[index] for place in places})))
            for index, tag in enumerate(_PLACE_TAGS)
        )
        points = self._timeseries.query(
            SeriesQuery(
                name, start_ms, end_ms, aggregate, 60, filters, group_by=_SERIES_TAGS, limit=MAX_POINTS
            )
        )
        return charts_of(name, places, points, start_ms)
