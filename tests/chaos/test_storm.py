"""Every node of a city comes back at once after its broker was killed."""

import os
import time
from pathlib import Path

import pytest
from chaos.server import AggregatorServer

from fleet.simulator.fleet_loop import FleetLoop
from fleet.simulator.simulate import Plan, connect, node_names

NODES = int(os.environ.get("MATTHAN_STORM_NODES", "200"))
BACK_S = 60.0


@pytest.mark.timeout(400)
def test_all_nodes_are_back_within_a_minute_and_nothing_is_lost(tmp_path: Path) -> None:
    with AggregatorServer(tmp_path) as server:
        plan = Plan(nodes=NODES, rate=0.2, batch=5, seconds=4)
        connections = connect(plan, server.register(*node_names(NODES)), [])
        loop = FleetLoop(connections)
        loop.open(timeout_s=120)
        for connection in connections:
            connection.node.start(time.monotonic())
        loop.run(plan.seconds)
        before = [connection.connected_times for connection in connections]
        server.kill9_broker()
        killed_s = time.monotonic()
        while any(
            c.connected_times == times or not c.ready for c, times in zip(connections, before, strict=True)
        ):
            assert time.monotonic() - killed_s < BACK_S, f"{sum(c.ready for c in connections)} are back"
            loop.turn(time.monotonic())
        back_s = time.monotonic() - killed_s
        loop.run(plan.seconds)
        assert loop.drain(90)
        loop.close()
        made = sum(connection.node.made_facts for connection in connections)
        audits = server.audit(None)
    print(f"{NODES} nodes back in {back_s:.1f} s")
    assert sum(audit.events_stored + audit.rows_stored for audit in audits) == made
    assert sum(audit.duplicated + audit.skipped + audit.dead_lettered for audit in audits) == 0
