"""Run the whole system on one machine: set up, start, watch, stop in order, and count.

Order of the end: agents first (they stop their cameras and empty their outboxes), then the counts
are read from the running aggregator, then the aggregator and its broker.
"""

import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from provisioning.errors import LocalSetupError, PartFailedError
from provisioning.local.influxd import find_influxd, start_influxd
from provisioning.local.outcome import NodeSummary, Outcome, StreamAudit, outcome
from provisioning.local.plan import DEMO_NODES, BrokerAccount, PlannedNode, aggregator_config, node_config
from provisioning.local.process import Part
from provisioning.local.system_api import NodeAccount, SystemApi

_READY_S: Final = 90.0
_STOP_S: Final = 20.0
_SETTLE_S: Final = 10.0
_MARK: Final = "matthan-local"
_CACHE: Final = Path(__file__).parents[2] / ".cache" / "debian"


class Ready(msgspec.Struct, frozen=True):
    """The line that `aggregator serve` writes when it is ready."""

    http: str
    broker: str
    api_key_file: str


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What was asked: `seconds` None runs until it is stopped."""

    folder: Path
    media: Path
    port: int
    seconds: float | None
    store: str = "duckdb"


def run_local(asked: LocalRun, say: Callable[[str], None]) -> Outcome:
    """Run until the time is up or SIGINT/SIGTERM; returns the figures.

    Raises:
        LocalSetupError: the folder or a clip is not usable.
        PartFailedError: a program did not start or ended by itself.
    """
    _prepare(asked)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    began_s = time.monotonic()
    store, influx_url = _start_store(asked, stop, say)
    agents: list[Part] = []
    servers = [*store]
    try:
        aggregator, ready = _start_aggregator(asked, influx_url, say)
        servers.insert(0, aggregator)
        api = SystemApi(ready.http, Path(ready.api_key_file).read_text("utf-8").strip())
        agents = _start_agents(asked, api, say)
        _welcome(asked, ready, say)
        _watch(asked, [*servers, *agents], api, stop, say)
        return _finish(agents, api, began_s, say)
    finally:
        for together in (agents, *[[server] for server in servers]):
            for part in together:
                part.ask_to_stop()
            for part in together:
                part.wait(_STOP_S)
        say("stopped")


def _prepare(asked: LocalRun) -> None:
    for node in DEMO_NODES:
        for name in (node.clip, node.scene):
            if not (asked.media / name).is_file():
                raise LocalSetupError(
                    f"{asked.media / name} is missing: run from a whole checkout (git status)"
                )
    mark = asked.folder / _MARK
    if asked.folder.exists() and any(asked.folder.iterdir()) and not mark.exists():
        raise LocalSetupError(f"{asked.folder} holds other files: name an empty folder with --folder")
    shutil.rmtree(asked.folder, ignore_errors=True)
    asked.folder.mkdir(parents=True)
    mark.write_text("made by `provision local`; emptied at each start\n", "utf-8")


def _start_store(
    asked: LocalRun, stop: threading.Event, say: Callable[[str], None]
) -> tuple[list[Part], str]:
    """Start the InfluxDB that was asked for; nothing and no URL for the embedded store."""
    if asked.store != "influx":
        return [], ""
    program = find_influxd(_CACHE, say)
    say("starting InfluxDB …")
    part, url = start_influxd(
        program,
        asked.folder / "influxdb",
        asked.folder / "logs" / "influxdb.log",
        (_any_port(), _any_port()),
        stop.is_set,
    )
    return [part], url


def _start_aggregator(asked: LocalRun, influx_url: str, say: Callable[[str], None]) -> tuple[Part, Ready]:
    say("starting the broker and the aggregator …")
    port = _free_port(asked.port, say)
    config = asked.folder / "aggregator.toml"
    config.write_text(aggregator_config(asked.folder / "aggregator", port, influx_url), "utf-8")
    part = Part(
        "the aggregator",
        [sys.executable, "-m", "aggregator.app", "serve", "--config", str(config)],
        asked.folder / "logs" / "aggregator.log",
    )
    try:
        return part, msgspec.json.decode(part.first_line(_READY_S), type=Ready)
    except (PartFailedError, msgspec.DecodeError):
        part.ask_to_stop()
        part.wait(_STOP_S)
        raise


def _start_agents(asked: LocalRun, api: SystemApi, say: Callable[[str], None]) -> list[Part]:
    accounts = {account.node: account for account in api.register([node.node for node in DEMO_NODES])}
    agents = []
    for node in DEMO_NODES:
        config = _write_node(asked, node, accounts[node.node])
        agents.append(
            Part(
                node.node,
                [sys.executable, "-m", "edge_agent", "run", "--config", str(config)],
                asked.folder / "logs" / f"{node.node}.log",
            )
        )
        sensors = f" and {len(node.sensors)} sensor" if node.sensors else ""
        say(f"node {node.node}: {node.camera} on {node.clip}{sensors}")
    return agents


def _write_node(asked: LocalRun, node: PlannedNode, account: NodeAccount) -> Path:
    folder = asked.folder / "nodes" / node.node
    folder.mkdir(parents=True)
    password = folder / "broker-password"
    password.touch(mode=0o600)
    password.write_text(account.password, "utf-8")
    broker = BrokerAccount(account.broker_url, account.user, account.client_id, password)
    config = folder / "node.toml"
    config.write_text(node_config(node, data_dir=folder / "data", media=asked.media, account=broker), "utf-8")
    return config


def _welcome(asked: LocalRun, ready: Ready, say: Callable[[str], None]) -> None:
    say("")
    first_login = Path(ready.api_key_file).parent / "first-login.txt"
    for line in first_login.read_text("utf-8").splitlines():
        say(f"  {line}")
    say(f"  logs:     {asked.folder / 'logs'}")
    say("  live:     .venv/bin/fleet tap --api " + ready.http + " --api-key-file " + ready.api_key_file)
    say("")
    say("Ctrl-C stops it." if asked.seconds is None else f"It stops by itself after {asked.seconds:g} s.")


def _watch(
    asked: LocalRun, parts: list[Part], api: SystemApi, stop: threading.Event, say: Callable[[str], None]
) -> None:
    """Wait for the end; say once when the first events are stored; a part that ends is an error."""
    end_s = None if asked.seconds is None else time.monotonic() + asked.seconds
    began_s, seen = time.monotonic(), False
    while not stop.wait(1.0):
        for part in parts:
            status = part.ended()
            if status is not None:
                raise PartFailedError(f"{part.name} ended with status {status}. {part.complaint()}")
        if not seen and (stored := sum(audit.events_stored for audit in api.streams())):
            say(f"{stored} events stored {time.monotonic() - began_s:.0f} s after the agents were started")
            seen = True
        if end_s is not None and time.monotonic() >= end_s:
            return


def _finish(agents: list[Part], api: SystemApi, began_s: float, say: Callable[[str], None]) -> Outcome:
    say("stopping: cameras first, then what is still in the outboxes …")
    seconds = time.monotonic() - began_s
    for agent in agents:
        agent.ask_to_stop()
    nodes = [_summary(agent) for agent in agents]
    streams = _settled(nodes, api)
    found = outcome(seconds, nodes, streams, api.events())
    api.close()
    return found


def _settled(nodes: list[NodeSummary], api: SystemApi) -> list[StreamAudit]:
    """Wait until what the agents sent is counted; what they sent last may still be on its way."""
    expected = sum(node.events + node.measurements for node in nodes)
    deadline_s = time.monotonic() + _SETTLE_S
    while True:
        streams = api.streams()
        stored = sum(audit.events_stored + audit.rows_stored for audit in streams)
        if stored >= expected or time.monotonic() >= deadline_s:
            return streams
        time.sleep(0.25)


def _summary(agent: Part) -> NodeSummary:
    lines = agent.wait(_STOP_S)
    try:
        return msgspec.json.decode(lines[-1], type=NodeSummary)
    except (IndexError, msgspec.DecodeError) as error:
        raise PartFailedError(f"{agent.name} stopped without its summary. {agent.complaint()}") from error


def _free_port(wanted: int, say: Callable[[str], None]) -> int:
    """Give `wanted` when nobody listens there, else a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            say(f"port {wanted} is taken; using a free one")
            return 0
        return wanted


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
