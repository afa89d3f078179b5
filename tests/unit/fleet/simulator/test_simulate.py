"""Counting: distinct facts of this run's streams, and the quantiles of its latencies."""

import pytest

from fleet.aggregator_api import StreamAudit
from fleet.simulator.simulate import Latency, count, node_names, quantiles


def audit(stream: str, events: int, rows: int, duplicated: int = 0) -> StreamAudit:
    """Return an audit row of one stream."""
    return StreamAudit("sim-1", stream, 0, events, rows, duplicated, 0, 0)


def test_only_this_runs_streams_count_and_doubles_are_taken_off() -> None:
    audits = [audit("aa", 10, 5), audit("bb", 3, 3, duplicated=2), audit("older", 99, 99)]
    assert count({"aa", "bb"}, audits) == (19, 2)


@pytest.mark.parametrize(
    ("latencies_s", "expected"),
    [
        ([], Latency(None, None, None)),
        ([0.5], Latency(500.0, 500.0, 500.0)),
        ([i / 1000 for i in range(100)], Latency(50.0, 95.0, 99.0)),
    ],
)
def test_quantiles(latencies_s: list[float], expected: Latency) -> None:
    assert expected == quantiles(latencies_s)


def test_names_are_node_ids_in_order() -> None:
    assert node_names(2) == ["sim-00001", "sim-00002"]
