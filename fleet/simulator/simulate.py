"""A run of N simulated nodes: drive, drain, then count in the stores what arrived."""

import random
import time
from dataclasses import dataclass
from typing import Final

import msgspec

from fleet.aggregator_api import AggregatorApi, Credentials, StreamAudit
from fleet.simulator.connection import NodeConnection
from fleet.simulator.fleet_loop import FleetLoop
from fleet.simulator.node import Pace, SimulatedNode
from fleet.wire.codec import Codec

_DRAIN_S: Final = 60.0
_WINDOW: Final = 64
_CLOSED_WINDOW: Final = 8
"""Messages of one node in flight: in a closed loop enough to keep everybody busy, and no pile of batches."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`nodes` nodes, each `rate` messages a second (0: all it can) of `batch` facts, for `seconds`."""

    nodes: int
    rate: float
    batch: int
    seconds: float
    seed: int = 1


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from a fact's making to its node reading that it is stored; None without a sample."""

    p50: float | None
    p95: float | None
    p99: float | None


class Result(msgspec.Struct, frozen=True):
    """What a run printed: facts unless said; `events_per_s` and `messages_per_s` are settled ones."""

    nodes: int
    seconds: float
    sent: int
    stored: int
    lost: int
    duplicated: int
    messages_per_s: float
    events_per_s: float
    latency_ms: Latency
    bytes_per_event: float
    made_per_s: float
    outbox_half: int
    outbox_end: int
    resent_messages: int
    drained: bool


@dataclass(frozen=True, slots=True)
class Driven:
    """What was settled while facts were made, and what waited at half time and at the end."""

    seconds: float
    messages: int
    facts: int
    outbox_half: int
    outbox_end: int


def node_names(count: int) -> list[str]:
    """Ids of simulated nodes."""
    return [f"sim-{number:05}" for number in range(1, count + 1)]


def simulate(plan: Plan, credentials: list[Credentials], api: AggregatorApi) -> Result:
    """Run the plan on registered nodes, then count in the stores what their new streams hold."""
    latencies_s: list[float] = []
    connections = connect(plan, credentials, latencies_s)
    loop = FleetLoop(connections)
    loop.open()
    driven = drive(plan, loop, connections)
    latency = quantiles(latencies_s)
    drained = loop.drain(_DRAIN_S)
    loop.close()
    made = sum(c.node.made_facts for c in connections)
    stored, duplicated = count({c.node.stream.hex() for c in connections}, api.streams())
    return Result(
        nodes=plan.nodes,
        seconds=round(driven.seconds, 2),
        sent=made,
        stored=stored,
        lost=made - stored,
        duplicated=duplicated,
        messages_per_s=round(driven.messages / driven.seconds, 1),
        events_per_s=round(driven.facts / driven.seconds, 1),
        latency_ms=latency,
        bytes_per_event=round(sum(c.node.payload_bytes for c in connections) / max(made, 1), 2),
        made_per_s=round(made / driven.seconds, 1),
        outbox_half=driven.outbox_half,
        outbox_end=driven.outbox_end,
        resent_messages=sum(c.node.resent_messages for c in connections),
        drained=drained,
    )


def connect(plan: Plan, credentials: list[Credentials], latencies_s: list[float]) -> list[NodeConnection]:
    """Make a node with a new stream for each account; nothing is sent yet."""
    codec = Codec()
    window = _WINDOW if plan.rate else max(_CLOSED_WINDOW, _WINDOW // plan.batch)
    pace = Pace(rate=plan.rate, batch=plan.batch, window=window)
    return [
        NodeConnection(
            SimulatedNode(
                held.node,
                stream=random.SystemRandom().randbytes(8),
                seed=plan.seed * 100_003 + number,
                pace=pace,
                codec=codec,
            ),
            held,
            codec,
            latencies_s,
        )
        for number, held in enumerate(credentials)
    ]


def drive(plan: Plan, loop: FleetLoop, connections: list[NodeConnection]) -> Driven:
    """Make facts for the plan's time, the nodes out of step with one another."""
    rng = random.Random(plan.seed)  # noqa: S311  a seed, not a secret
    start_s = time.monotonic()
    for connection in connections:
        connection.node.start(start_s + (rng.random() / plan.rate if plan.rate else 0.0))
    loop.run(plan.seconds / 2)
    half = _outbox(connections)
    loop.run(plan.seconds / 2)
    return Driven(
        seconds=time.monotonic() - start_s,
        messages=sum(c.node.settled_messages for c in connections),
        facts=sum(c.node.settled_facts for c in connections),
        outbox_half=half,
        outbox_end=_outbox(connections),
    )


def count(streams: set[str], audits: list[StreamAudit]) -> tuple[int, int]:
    """Distinct facts stored and rows stored twice, over the streams of this run."""
    ours = [audit for audit in audits if audit.stream in streams]
    duplicated = sum(audit.duplicated for audit in ours)
    return sum(audit.events_stored + audit.rows_stored for audit in ours) - duplicated, duplicated


def quantiles(latencies_s: list[float]) -> Latency:
    """p50, p95 and p99 in milliseconds, by nearest rank."""
    if not latencies_s:
        return Latency(None, None, None)
    ordered = sorted(latencies_s)
    last = len(ordered) - 1
    p50, p95, p99 = (round(ordered[min(last, int(len(ordered) * q))] * 1000, 2) for q in (0.5, 0.95, 0.99))
    return Latency(p50, p95, p99)


def _outbox(connections: list[NodeConnection]) -> int:
    return sum(connection.node.outbox_facts for connection in connections)
