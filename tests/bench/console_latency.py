"""From a fact to the operator's screen: 1,000 events a second while a client follows /api/v1/live.

An update names the newest events and only counts the others, so two figures: the latency of what is named,
and the worst of what an update covers (its arrival minus the newest event of the update before).
"""

import contextlib
import json
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

import httpx

from fleet.aggregator_api import AggregatorApi, read_api_key
from fleet.simulator.fleet_loop import FleetLoop
from fleet.simulator.local_aggregator import local_aggregator
from fleet.simulator.simulate import Plan, connect, drive, node_names

NODES = 20
BATCH = 1
EVENTS_PER_S = 1_000
TARGET_MS = 1_000.0


class Follower:
    """Reads the live feed on a thread of its own."""

    def __init__(self, url: str, key: str) -> None:
        """Begin."""
        self.named_ms: list[float] = []
        self.covered_ms: list[float] = []
        self.counted = 0
        self.updates = 0
        self._newest_ms = 0.0
        self._stream = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
        )
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut the feed."""
        self._stream.close()

    def _follow(self) -> None:
        ended = contextlib.suppress(httpx.HTTPError, OSError, RuntimeError)
        with ended, self._stream.stream("GET", "/api/v1/live") as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    self._note(json.loads(line[5:]), time.time_ns() / 1e6)

    def _note(self, update: dict[str, object], arrived_ms: float) -> None:
        events = update.get("events")
        counts = update.get("counts")
        if not isinstance(events, list) or not isinstance(counts, dict) or not counts.get("events"):
            return
        self.updates += 1
        self.counted += int(counts["events"])
        times_ms = [datetime.fromisoformat(each["occurred_at"]).timestamp() * 1000 for each in events]
        self.named_ms.extend(arrived_ms - each for each in times_ms)
        if self._newest_ms:
            self.covered_ms.append(arrived_ms - self._newest_ms)
        self._newest_ms = max(times_ms, default=self._newest_ms)


def event_to_console(seconds: float) -> dict[str, object]:
    """Run it; half of what is sent are measurement rows, which ride along."""
    with (
        tempfile.TemporaryDirectory(prefix="matthan-console-") as folder,
        local_aggregator(Path(folder)) as ready,
    ):
        key = read_api_key(Path(ready.api_key_file))
        api = AggregatorApi(ready.http, key)
        plan = Plan(NODES, 2 * EVENTS_PER_S / BATCH / NODES, BATCH, seconds)
        connections = connect(plan, api.register_nodes(node_names(NODES)), [])
        loop = FleetLoop(connections)
        loop.open()
        follower = Follower(ready.http, key)
        drive(plan, loop, connections)
        drained = loop.drain(60)
        time.sleep(0.5)
        follower.stop()
        loop.close()
        stored = sum(audit.events_stored for audit in api.streams())
        api.close()
    named, covered = sorted(follower.named_ms), sorted(follower.covered_ms)
    p99 = _quantile(covered, 0.99)
    return {
        "bench": "event_to_console",
        "events_per_s": round(stored / seconds, 1),
        "seconds": seconds,
        "updates": follower.updates,
        "events_counted": follower.counted,
        "events_stored": stored,
        "named_ms": {"p50": _quantile(named, 0.5), "p99": _quantile(named, 0.99)},
        "covered_ms": {"p50": _quantile(covered, 0.5), "p99": p99},
        "met": drained and follower.counted == stored and p99 < TARGET_MS,
    }


def _quantile(ordered: list[float], share: float) -> float:
    if not ordered:
        return float("inf")
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)
