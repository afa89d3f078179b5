"""The raw broker: the simulator against `ack_only.py`, which acknowledges and stores nothing."""

import subprocess
import sys
import time
from pathlib import Path

import msgspec
from ack_only import Offer, Received

from fleet.simulator.fleet_loop import FleetLoop
from fleet.simulator.simulate import Plan, connect, drive

_DRAIN_S = 60.0


class Raw(msgspec.Struct, frozen=True):
    """Messages a second that the peer had received and acknowledged, and that the broker had taken."""

    received_per_s: float
    taken_per_s: float
    messages: int


def raw_broker(plan: Plan) -> Raw:
    """Drive the plan against the peer; every message has arrived when the clock stops."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("ack_only.py")), str(plan.nodes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes to the peer")
        offer = msgspec.json.decode(process.stdout.readline(), type=Offer)
        connections = connect(plan, offer.nodes, [])
        for connection in connections:
            connection.settle_on_puback()
        loop = FleetLoop(connections)
        loop.open()
        began_s = time.monotonic()
        driven = drive(plan, loop, connections)
        loop.drain(_DRAIN_S)
        made = sum(connection.node.made_facts for connection in connections) // plan.batch
        process.stdin.write(f"{made}\n".encode())
        process.stdin.close()
        received = msgspec.json.decode(process.stdout.readline(), type=Received)
        took_s = time.monotonic() - began_s
        loop.close()
    if received.messages < made:
        raise RuntimeError(f"the peer received {received.messages} of {made} messages")
    return Raw(
        received_per_s=round(received.messages / took_s, 1),
        taken_per_s=round(driven.messages / driven.seconds, 1),
        messages=received.messages,
    )
