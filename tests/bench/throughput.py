"""Facts a second through a real broker into real stores: capacity, a steady minute, and single messages.

The closed loop finds what the machine can do; the open loop at a share of it shows that it holds: outboxes
must not grow. Single messages are measured against the raw broker (peer.py) in the same run.
"""

import subprocess
import sys

import msgspec
from peer import raw_broker

from fleet.simulator.simulate import Plan, Result

NODES = 200
SHARE = 0.8
WARM_S = 10.0
TARGET_FACTS = 20_000
TARGET_SINGLE_RATIO = 0.35
TARGET_BYTES = 70
TARGET_BYTES_ALONE = 130


class BenchError(Exception):
    """A benchmark did not run to its end."""


def simulate(*, rate: float, batch: int, seconds: float) -> Result:
    """Run `fleet simulate` as a user would: three processes, a temporary folder."""
    done = subprocess.run(
        [
            sys.executable, "-m", "fleet.cli", "simulate", "--nodes", str(NODES), "--rate", str(rate),
            "--batch", str(batch), "--seconds", str(seconds),
        ],
        stdout=subprocess.PIPE,
        check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise BenchError(f"fleet simulate ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Result)


def batches(seconds: float) -> dict[str, object]:
    """Batches of 50: capacity, then `seconds` at a share of it."""
    closed = simulate(rate=0, batch=50, seconds=WARM_S)
    rate = SHARE * closed.events_per_s / 50 / NODES
    raw = raw_broker(Plan(NODES, 0, 50, WARM_S))
    steady = simulate(rate=rate, batch=50, seconds=seconds)
    grew = steady.outbox_end > steady.outbox_half + 0.5 * steady.made_per_s
    return {
        "bench": "throughput_50",
        "capacity_facts_per_s": closed.events_per_s,
        "facts_per_s": steady.events_per_s,
        "asked_facts_per_s": round(rate * 50 * NODES, 1),
        "seconds": steady.seconds,
        "outbox_half": steady.outbox_half,
        "outbox_end": steady.outbox_end,
        "outbox_grew": grew,
        "lost": steady.lost + closed.lost,
        "duplicated": steady.duplicated + closed.duplicated,
        "latency_ms": msgspec.to_builtins(steady.latency_ms),
        "bytes_per_fact": steady.bytes_per_event,
        "raw_broker_facts_per_s": round(raw.received_per_s * 50, 1),
        "ratio_to_raw_broker": round(closed.events_per_s / (raw.received_per_s * 50), 3),
        "met": steady.events_per_s >= TARGET_FACTS
        and not grew
        and steady.lost == steady.duplicated == 0
        and steady.bytes_per_event <= TARGET_BYTES,
    }


def singles() -> dict[str, object]:
    """One fact a message, closed loop, against the raw broker."""
    stored = simulate(rate=0, batch=1, seconds=WARM_S)
    raw = raw_broker(Plan(NODES, 0, 1, WARM_S))
    ratio = stored.messages_per_s / raw.received_per_s
    return {
        "bench": "throughput_single",
        "messages_per_s": stored.messages_per_s,
        "lost": stored.lost,
        "duplicated": stored.duplicated,
        "bytes_per_fact": stored.bytes_per_event,
        "raw_broker_messages_per_s": raw.received_per_s,
        "raw_broker_taken_per_s": raw.taken_per_s,
        "ratio_to_raw_broker": round(ratio, 3),
        "met": ratio >= TARGET_SINGLE_RATIO
        and stored.lost == stored.duplicated == 0
        and stored.bytes_per_event <= TARGET_BYTES_ALONE,
    }
