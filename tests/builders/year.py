"""Puts a made-up year into time-series stores, in batches, with constant memory."""

import itertools
from collections import defaultdict
from collections.abc import Iterator

from aggregator.storage.timeseries.store import EventPoint, SeriesStore, StreamRows
from fleet.simulator.year import NodeFacts, Year, YearPlan
from fleet.wire.messages import MeasurementRow

BATCH_ROWS = 20_000


def load_year(plan: YearPlan, *stores: SeriesStore) -> tuple[int, int]:
    """Write the year to every store; returns how many rows and events there were."""
    rows, events = 0, 0
    numbers = itertools.count(1)
    for batch in batches(Year(plan)):
        parts = parts_of(batch)
        points = [
            EventPoint(next(numbers), facts.node, facts.event_stream.hex(), facts.site, event)
            for facts in batch
            for event in facts.events
        ]
        for store in stores:
            store.write(parts)
            if points:
                store.write_events(points)
        rows += sum(len(part.rows) for part in parts)
        events += len(points)
    return rows, events


def batches(facts: Iterator[NodeFacts] | Year) -> Iterator[list[NodeFacts]]:
    """Facts gathered to about `BATCH_ROWS` rows."""
    held: list[NodeFacts] = []
    count = 0
    for each in facts:
        held.append(each)
        count += len(each.rows)
        if count >= BATCH_ROWS:
            yield held
            held, count = [], 0
    if held:
        yield held


def parts_of(batch: list[NodeFacts]) -> tuple[StreamRows, ...]:
    """One part a stream."""
    rows: defaultdict[tuple[str, str, bytes], list[MeasurementRow]] = defaultdict(list)
    for facts in batch:
        rows[facts.node, facts.site, facts.row_stream].extend(facts.rows)
    return tuple(
        StreamRows(node, stream.hex(), tuple(found), site=site)
        for (node, site, stream), found in rows.items()
        if found
    )
