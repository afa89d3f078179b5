"""The closing figures: lost is what was made and is neither stored nor still waiting."""

import pytest

from provisioning.local.outcome import Latency, NodeSummary, Outcome, StoredEvent, StreamAudit, outcome


def summary(events: int, measurements: int, *, dropped: int = 0, waiting: int = 0) -> NodeSummary:
    """Return what one node made."""
    return NodeSummary(
        "n", frames=100, events=events, measurements=measurements, dropped=dropped, waiting=waiting
    )


def audit(
    watermark: int, events: int, rows: int, *, ranges: tuple[tuple[int, int], ...] = (), duplicated: int = 0
) -> StreamAudit:
    """Return what the aggregator holds of one stream."""
    return StreamAudit("n", watermark, ranges, events, rows, duplicated)


@pytest.mark.parametrize(
    ("nodes", "streams", "lost", "duplicated"),
    [
        ([summary(5, 7)], [audit(12, 5, 7)], 0, 0),
        ([summary(5, 7, waiting=4)], [audit(8, 4, 4)], 0, 0),
        ([summary(5, 7, waiting=4)], [audit(8, 4, 6, ranges=((10, 11),))], 0, 0),
        ([summary(5, 7)], [audit(12, 4, 7)], 1, 0),
        ([summary(5, 7, waiting=4)], [audit(8, 3, 4)], 1, 0),
        ([summary(5, 7)], [audit(12, 6, 7, duplicated=1)], 0, 1),
        ([summary(5, 7, dropped=2)], [audit(12, 5, 7)], 2, 0),
        ([summary(5, 7), summary(1, 0)], [audit(12, 5, 7), audit(1, 0, 0)], 1, 0),
    ],
)
def test_lost_and_duplicated(
    nodes: list[NodeSummary], streams: list[StreamAudit], lost: int, duplicated: int
) -> None:
    found = outcome(10.0, nodes, streams, [])
    assert (lost, duplicated) == (found.lost, found.duplicated)


def test_the_line_joins_nodes_streams_and_events() -> None:
    events = [StoredEvent("intruded", 1000.0, 1040.0), StoredEvent("line_crossed", 2000.0, 2020.0)]
    expected = Outcome(
        seconds=10.0,
        nodes=1,
        frames=100,
        events_sent=2,
        events_stored=2,
        measurements_stored=3,
        lost=0,
        duplicated=0,
        alarms=1,
        latency_ms=Latency(40.0, 40.0, 40.0),
    )
    assert expected == outcome(10.04, [summary(2, 3)], [audit(5, 2, 3)], events)


def test_without_events_there_is_no_latency() -> None:
    assert Latency(None, None, None) == outcome(1.0, [], [], []).latency_ms
