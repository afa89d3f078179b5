"""Puts a made-up year into time-series stores, in batches, with constant memory."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlalchemy import Engine

from aggregator.storage.relational.tables import events, nodes
from aggregator.storage.timeseries.store import EventPoint, StreamRows, WriteResult
from fleet.simulator.year import NodeFacts, Year, YearPlan
from fleet.wire.messages import MeasurementRow

BATCH_ROWS = 20_000


class Loaded(Protocol):
    """What a year is written to."""

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult: ...

    def write_events(self, points: Sequence[EventPoint]) -> None: ...


class Casework:
    """The year's events in the relational store, which is where a server looks for them and their truth."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._nodes: set[str] = set()

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        """Rows are kept by the time-series store alone."""
        return WriteResult(0, sum(len(part.rows) for part in batch))

    def write_events(self, points: Sequence[EventPoint]) -> None:
        """Keep the events under their ids, and the nodes that sent them."""
        fresh = {point.node: point.site for point in points if point.node not in self._nodes}
        self._nodes |= fresh.keys()
        with self._engine.begin() as connection:
            if fresh:
                connection.execute(
                    nodes.insert(),
                    [{"node": node, "site": site, "created_at_ms": 0} for node, site in fresh.items()],
                )
            connection.execute(events.insert(), [_kept(point) for point in points])


def _kept(point: EventPoint) -> dict[str, object]:
    event = point.event
    return {
        "id": point.id,
        "node": point.node,
        "stream": point.stream,
        "seq": event.seq,
        "received_at_ms": event.occurred_at_ms,
        "occurred_at_ms": event.occurred_at_ms,
        "clock": event.clock,
        "kind": event.kind,
        "rule": event.rule,
        "camera": event.camera,
        "zone_or_line": event.zone_or_line,
        "class_name": event.class_name,
        "track_id": event.track_id,
        "score_e3": event.score_e3,
        "direction": event.direction,
        "duration_s": event.duration_s,
        "model": event.model,
    }


def load_year(plan: YearPlan, *stores: Loaded) -> tuple[int, int]:
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
