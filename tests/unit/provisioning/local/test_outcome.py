"""The closing figures: lost is what was made and is neither stored nor still waiting."""

import pytest

from provisioning.local.outcome import Latency, NodeSummary, Outcome, StoredEvent, StreamAudit, outcome


def summary(events: int, measurements: int, waiting: int = 0) -> NodeSummary:
    """Return what one node made."""
    return NodeSummary("n", frames=100, events=events, measurements=measurements, skipped=0, waiting=waiting)


def audit(events: int, rows: int, duplicated: int = 0) -> StreamAudit:
    """Return what the stores hold of one stream."""
    return StreamAudit("n", events, rows, duplicated, skipped=0, dead_lettered=0)


@pytest.mark.parametrize(
    ("nodes", "streams", "lost", "duplicated"),
    [
        ([summary(5, 7)], [audit(5, 7)], 0, 0),
        ([summary(5, 7, waiting=2)], [audit(4, 6)], 0, 0),
        ([summary(5, 7)], [audit(4, 7)], 1, 0),
        ([summary(5, 7)], [audit(6, 7, duplicated=1)], 0, 1),
        ([summary(5, 7), summary(1, 0)], [audit(5, 7)], 1, 0),
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
    assert expected == outcome(10.04, [summary(2, 3)], [audit(2, 3)], events)


def test_without_events_there_is_no_latency() -> None:
    assert Latency(None, None, None) == outcome(1.0, [], [], []).latency_ms
