"""The account of the streams: what both stores hold, by real counts, beside what was promised.

It is what audits and fault tests count by, so nothing here is taken from a running total.
"""

import base64
from typing import Annotated, Final

import msgspec

from aggregator.storage.timeseries.store import StreamCount, TimeSeriesStore
from aggregator.streams.repository import RelationalCounts, StreamRecord, StreamsRepository
from aggregator.streams.schemas import DeadLetterPage, DeadLetterView, StreamPage, StreamView
from aggregator.web.cursors import decode_cursor, encode_cursor

_PAYLOAD_SHOWN: Final = 4096
_Int = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class StreamsService:
    """The slice's use cases."""

    def __init__(self, repository: StreamsRepository, timeseries: TimeSeriesStore) -> None:
        self._repository = repository
        self._timeseries = timeseries

    def page(
        self, *, node: str | None, cursor: str | None, limit: int, sites: frozenset[str] | None = None
    ) -> StreamPage:
        """A page of streams, each counted now."""
        after = ("", "") if cursor is None else decode_cursor(cursor, tuple[str, str])
        found = self._repository.page(node=node, after=after, limit=limit + 1, sites=sites)
        kept = found[:limit]
        if not kept:
            return StreamPage(items=[], next_cursor=None)
        counts = self._repository.counts(_key(kept[0]), _key(kept[-1]))
        rows = {(count.node, count.stream): count for count in self._timeseries.counts(node)}
        return StreamPage(
            items=[_view(record, counts.get(_key(record)), rows.get(_key(record))) for record in kept],
            next_cursor=encode_cursor(_key(kept[-1])) if len(found) > limit else None,
        )

    def dead_letters(
        self, *, node: str | None, cursor: str | None, limit: int, sites: frozenset[str] | None = None
    ) -> DeadLetterPage:
        """A page of dead letters, newest first."""
        before = None if cursor is None else decode_cursor(cursor, tuple[_Int])[0]
        found = self._repository.dead_letters(
            node=node, before=before, limit=limit + 1, payload_bytes=_PAYLOAD_SHOWN, sites=sites
        )
        kept = found[:limit]
        return DeadLetterPage(
            items=[
                DeadLetterView(
                    id=each.id,
                    topic=each.topic,
                    node=each.node,
                    stream=each.stream,
                    seqs=each.seqs,
                    reason=each.reason,
                    detail=each.detail,
                    size=each.size,
                    times=each.times,
                    first_received_at=each.first_received_at,
                    received_at=each.received_at,
                    payload_base64=base64.b64encode(each.payload).decode(),
                )
                for each in kept
            ],
            next_cursor=encode_cursor((kept[-1].id,)) if len(found) > limit else None,
        )


def _key(record: StreamRecord) -> tuple[str, str]:
    return record.node, record.stream


def _view(record: StreamRecord, counts: RelationalCounts | None, rows: StreamCount | None) -> StreamView:
    relational = counts or RelationalCounts()
    return StreamView(
        node=record.node,
        stream=record.stream,
        watermark=record.watermark,
        ranges=record.ranges,
        events_stored=relational.events,
        rows_stored=0 if rows is None else rows.rows,
        duplicated=relational.doubled_events + (0 if rows is None else rows.repeated),
        skipped=relational.skipped,
        skipped_seqs=relational.skipped_seqs,
        dead_lettered=relational.dead_lettered,
        repeated=record.repeated,
        updated_at=record.updated_at,
    )
