"""The lines of `fleet year` are those that the aggregator itself would write of the same facts."""

import itertools
from datetime import UTC, datetime

from aggregator.storage.timeseries.line_protocol import line_of_event, lines_of
from aggregator.storage.timeseries.store import EventPoint, StreamRows
from fleet.simulator.year import Year, YearPlan
from fleet.simulator.year_lines import lines_of_facts


def test_the_lines_are_the_aggregators() -> None:
    ours, theirs = itertools.count(1), itertools.count(1)
    for facts in Year(YearPlan(datetime(2026, 11, 22, tzinfo=UTC), cameras=20, days=1, recent_h=0)):
        part = StreamRows(facts.node, facts.row_stream.hex(), facts.rows, site=facts.site)
        events = [
            line_of_event(EventPoint(next(theirs), facts.node, facts.event_stream.hex(), facts.site, event))
            for event in facts.events
        ]
        assert [*lines_of(part, facts.rows), *events] == list(lines_of_facts(facts, ours))
