"""Runs of facts under a fault that keeps coming back; each gives its account.

The tests run them small, `make soak` in full size.
"""

import itertools
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.accounts import Account, by_api, by_files
from chaos.node import NodeProcess, Truth, feeder
from chaos.server import AggregatorServer, wait_for
from servers.proxy import FaultyProxy

NODE = "chaos-01"
LEAST_FAULTS = 2
"""While facts are made; where a fault takes long, more facts are made."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many facts, made in how many seconds, and how long the network stays away."""

    facts: int
    seconds: float
    outage_s: float = 10.0

    @property
    def rate(self) -> float:
        """Facts a second."""
        return self.facts / self.seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to; `recovery_s` is from the last fault to an empty outbox."""

    scenario: str
    faults: int
    recovery_s: float
    by_api: Account
    by_files: Account

    def line(self) -> dict[str, object]:
        """For a report."""
        return asdict(self)


def agent_killed(folder: Path, size: Size) -> Outcome:
    """Kill -9 of the agent, again and again."""
    with AggregatorServer(folder / "server") as server:
        node = _feeder(folder, server, size)

        def fault() -> None:
            node.kill9()
            made = node.truth().made
            node.start()
            wait_for("the next fact", lambda: node.truth().made > made, 60)

        return _run("agent killed", server, node, size, fault, every_s=size.seconds / 7)


def broker_killed(folder: Path, size: Size) -> Outcome:
    """Kill -9 of the embedded broker; its supervisor brings it back."""
    with AggregatorServer(folder / "server") as server:
        node = _feeder(folder, server, size)

        def fault() -> None:
            before = server.broker_pid
            server.kill9_broker()
            wait_for("the broker's supervisor to start it again", lambda: _other_broker(server, before), 40)

        return _run("broker killed", server, node, size, fault, every_s=size.seconds / 5)


def aggregator_killed(folder: Path, size: Size) -> Outcome:
    """Kill -9 of the aggregator; the broker it leaves behind must not block the next one."""
    with AggregatorServer(folder / "server") as server:
        node = _feeder(folder, server, size)

        def fault() -> None:
            server.kill9()
            server.start()

        return _run("aggregator killed", server, node, size, fault, every_s=size.seconds / 5)


def everything_killed(folder: Path, size: Size) -> Outcome:
    """Agent, broker and aggregator, one after the other and in any order."""
    rng = random.Random(7)
    with AggregatorServer(folder / "server") as server:
        node = _feeder(folder, server, size)

        def fault() -> None:
            for victim in rng.sample(["agent", "broker", "aggregator"], 3):
                if victim == "agent":
                    node.kill9()
                    node.start()
                elif victim == "broker":
                    server.kill9_broker()
                else:
                    server.kill9()
                    server.start()
                time.sleep(rng.random() * 0.5)

        return _run("everything killed", server, node, size, fault, every_s=size.seconds / 4)


def network_lost(folder: Path, size: Size) -> Outcome:
    """The way to the broker is cut, frozen, half open, and slow, in turn."""
    with AggregatorServer(folder / "server") as server, FaultyProxy(server.broker_port) as proxy:
        node = _feeder(folder, server, size, url=proxy.url)
        # A long cut first, then what a client notices only by its own keep-alive.
        turns = itertools.cycle(
            [
                (proxy.cut, size.outage_s),
                (proxy.half_open, 1.0),
                (proxy.freeze, size.outage_s),
                (lambda: proxy.delay(0.3), 3.0),
            ]
        )

        def fault() -> None:
            begin, lasting_s = next(turns)
            begin()
            time.sleep(lasting_s)
            proxy.restore()

        return _run("network lost", server, node, size, fault, every_s=size.seconds / 10)


def broker_wiped(folder: Path, size: Size) -> Outcome:
    """Aggregator and broker die together, and with them the broker's sessions and queues."""
    with AggregatorServer(folder / "server") as server:
        node = _feeder(folder, server, size)

        def fault() -> None:
            server.kill9()
            broker = server.broker_pid
            server.kill9_broker()
            wait_for("the broker to be gone", lambda: not Path(f"/proc/{broker}/exe").exists(), 10)
            server.wipe_broker()
            server.start()

        return _run("broker wiped", server, node, size, fault, every_s=size.seconds / 3)


SCENARIOS: dict[str, Callable[[Path, Size], Outcome]] = {
    "agent_killed": agent_killed,
    "broker_killed": broker_killed,
    "aggregator_killed": aggregator_killed,
    "everything_killed": everything_killed,
    "network_lost": network_lost,
    "broker_wiped": broker_wiped,
}


def _feeder(folder: Path, server: AggregatorServer, size: Size, url: str = "") -> NodeProcess:
    (account,) = server.register(NODE)
    node = folder / "node"
    return feeder(node, account, facts=size.facts, rate=size.rate, url=url, until=_enough(node))


def _enough(node: Path) -> Path:
    """The file by which a node is told that it has made enough."""
    return node / "enough"


def _run(
    scenario: str,
    server: AggregatorServer,
    node: NodeProcess,
    size: Size,
    fault: Callable[[], None],
    *,
    every_s: float,
) -> Outcome:
    """Faults for as long as facts are made, then peace until the outbox is empty, then the counting."""
    faults = 0
    with node:
        while node.truth().made < size.facts or faults < LEAST_FAULTS:
            time.sleep(every_s)
            fault()
            faults += 1
        _enough(node.folder).touch()
        recovery_s = wait_for("the outbox to be empty", lambda: _settled(node, size), 120)
        truth = node.end_empty()
        api = by_api(truth, server.audit(NODE))
    server.stop(timeout_s=30)
    return Outcome(scenario, faults, round(recovery_s, 1), api, by_files(truth, NODE, server.data_dir))


def _settled(node: NodeProcess, size: Size) -> bool:
    truth: Truth = node.truth()
    return truth.made >= size.facts and truth.waiting == 0 and truth.watermark == truth.made


def _other_broker(server: AggregatorServer, before: int) -> bool:
    try:
        return server.broker_pid != before and server.is_ready()
    except (OSError, ValueError):  # the file is being written
        return False
