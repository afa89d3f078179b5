"""Reads series: turns a request into the store's query, and points into a page.

A cursor names the last point given by its time and tags, so that rows that come meanwhile change no
page that was read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

import msgspec

from aggregator.errors import CallerError
from aggregator.measurements.schemas import (
    CatalogueView,
    MeaningView,
    MeasurementKindView,
    PointView,
    SeriesPage,
)
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.timeseries.store import (
    MAX_POINTS,
    MAX_START_MS,
    Aggregate,
    Point,
    SeriesQuery,
    Tag,
    TagFilter,
    TimeSeriesStore,
)
from aggregator.web.cursors import decode_cursor, encode_cursor
from fleet.wire.measurements import Catalogue

TAGS: Final = (Tag.NODE, Tag.SOURCE, Tag.ZONE_OR_LINE, Tag.CLASS, Tag.DIRECTION)
_LAST_HOUR: Final = timedelta(hours=1)
_Int = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Key(NamedTuple):
    """The last point given: its bucket, how many points of the bucket were given, its tags."""

    start_ms: _Int
    given: _Int
    node: str
    source: str
    zone_or_line: str
    class_name: str
    direction: str

    @property
    def place(self) -> tuple[int | str, ...]:
        return (self.start_ms, *self[2:])


class BadRangeError(CallerError):
    """The time range asked for is empty or too wide."""

    code = "bad_range"
    title = "Bad time range"


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """What to read; None does not filter, and `since`/`until` default to the last hour.

    `sites` are those of the rows: where their node stood when they were stored.
    """

    name: str
    node: str | None = None
    source: str | None = None
    zone_or_line: str | None = None
    class_name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    bucket_s: int = 60
    aggregate: Aggregate | None = None
    sites: frozenset[str] | None = None


class MeasurementsService:
    """The slice's use cases. `clock` gives aware UTC."""

    def __init__(self, store: TimeSeriesStore, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock

    def page(self, request: SeriesRequest, *, cursor: str | None, limit: int) -> SeriesPage:
        """A page of points; raises BadRangeError, BadCursorError or StoreError."""
        start_ms, end_ms = self._range(request)
        key = None if cursor is None else decode_cursor(cursor, _Key)
        given = 0
        if key is not None:
            start_ms, given = max(start_ms, key.start_ms), key.given
        kind = self._catalogue.get(request.name)
        aggregate = request.aggregate or Aggregate(kind.aggregate if kind else Aggregate.MEAN)
        asked = min(MAX_POINTS, limit + given + 1)
        query = SeriesQuery(
            name=request.name,
            start_ms=start_ms,
            end_ms=end_ms,
            aggregate=aggregate,
            bucket_s=request.bucket_s,
            filters=_filters(request),
            group_by=TAGS,
            limit=asked,
        )
        nowhere = request.sites is not None and not request.sites
        points = () if nowhere else self._store.query(query)
        fresh = points if key is None else tuple(p for p in points if (p.start_ms, *p.tags) > key.place)
        kept = fresh[:limit]
        more = len(fresh) > limit or (len(points) == asked and bool(kept))
        return SeriesPage(
            name=request.name,
            unit=kind.unit if kind else "",
            aggregate=aggregate,
            bucket_s=request.bucket_s,
            items=[_view(point) for point in kept],
            next_cursor=_cursor_after(kept, key) if more else None,
        )

    def catalogue(self) -> CatalogueView:
        """Names, units and meanings that this version knows."""
        return CatalogueView(
            items=[
                MeasurementKindView(
                    name=name,
                    unit=kind.unit,
                    tags=list(kind.tags),
                    aggregate=kind.aggregate,
                    meaning=MeaningView(vi=kind.meaning.vi, en=kind.meaning.en),
                )
                for name, kind in sorted(self._catalogue.items())
            ]
        )

    def _range(self, request: SeriesRequest) -> tuple[int, int]:
        until = request.until or self._clock() + timedelta(seconds=1)
        since = request.since or until - _LAST_HOUR
        start_ms, end_ms = max(0, to_ms(since)), min(to_ms(until), MAX_START_MS)
        if start_ms >= end_ms:
            raise BadRangeError("since must be before until, and both within 1970 to 2262")
        if (end_ms - start_ms) // (request.bucket_s * 1000) > MAX_POINTS:
            raise BadRangeError(
                f"this range has over {MAX_POINTS} buckets of {request.bucket_s} s: "
                "widen bucket_s or narrow since and until"
            )
        return start_ms, end_ms


def _filters(request: SeriesRequest) -> tuple[TagFilter, ...]:
    wanted = {
        Tag.NODE: request.node,
        Tag.SOURCE: request.source,
        Tag.ZONE_OR_LINE: request.zone_or_line,
        Tag.CLASS: request.class_name,
    }
    filters = tuple(TagFilter(tag, (value,)) for tag, value in wanted.items() if value is not None)
    if request.sites is None:
        return filters
    return (*filters, TagFilter(Tag.SITE, tuple(sorted(request.sites))))


def _cursor_after(kept: tuple[Point, ...], key: _Key | None) -> str | None:
    last = kept[-1]
    in_bucket = sum(1 for point in kept if point.start_ms == last.start_ms)
    if key is not None and key.start_ms == last.start_ms:
        in_bucket += key.given
    return encode_cursor((last.start_ms, in_bucket, *last.tags))


def _view(point: Point) -> PointView:
    node, source, zone_or_line, class_name, direction = point.tags
    return PointView(
        start=from_ms(point.start_ms),
        node=node,
        source=source,
        zone_or_line=zone_or_line,
        class_=class_name,
        direction=direction,
        value=point.value,
        rows=point.rows,
    )
