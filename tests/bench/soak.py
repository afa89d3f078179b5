"""`make soak`: the hours-long runs, resumable, one JSON line each.

    python tests/bench/soak.py [--hours 4] [--state .cache/soak.json] [--again]

Rounds of every chaos scenario in full size, a storm of a thousand nodes, a long steady throughput, and an
hour of four cameras on one box, until the time is up. What is done is kept in the state file, so that an
interrupted soak goes on where it was; `--again` begins anew. Progress goes to standard error. Exit code 1
when a run broke a promise.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from chaos.scenarios import SCENARIOS, Size  # noqa: E402  the tests' folder is put on the path above
from four_cameras import four_cameras  # noqa: E402
from throughput import batches  # noqa: E402

FACTS: Final = 20_000
SECONDS: Final = 90.0
OUTAGE_S: Final = 60.0
STEADY_S: Final = 1_800.0
CAMERAS_S: Final = 3_600.0
STORM_NODES: Final = 1_000


class Done(msgspec.Struct, frozen=True):
    """One finished run: its line, and whether every promise was kept."""

    name: str
    round: int
    good: bool
    line: dict[str, object]


class State(msgspec.Struct):
    """What the state file keeps: how long runs took in all, and the runs."""

    spent_s: float = 0.0
    done: list[Done] = []


def scenario(name: str, number: int) -> Done:
    """One chaos scenario in full size."""
    with tempfile.TemporaryDirectory(prefix="matthan-soak-") as folder:
        outcome = SCENARIOS[name](Path(folder), Size(FACTS, SECONDS, OUTAGE_S))
    return Done(name, number, outcome.by_api.whole and outcome.by_files.whole, outcome.line())


def storm(number: int) -> Done:
    """A thousand nodes that come back at once."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", str(ROOT / "tests/chaos/test_storm.py")],
        env=os.environ | {"MATTHAN_STORM_NODES": str(STORM_NODES)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    said = next((line for line in done.stdout.splitlines() if "nodes back in" in line), "")
    return Done("storm", number, done.returncode == 0, {"scenario": "storm", "said": said.strip(".")})


def steady(number: int) -> Done:
    """Half an hour of facts at a share of the capacity."""
    line = batches(STEADY_S)
    return Done("steady", number, line["lost"] == line["duplicated"] == 0 and not line["outbox_grew"], line)


def cameras(number: int) -> Done:
    """An hour of four cameras on one box: shares, drops by reason, and the rise of its memory."""
    line = four_cameras(CAMERAS_S)
    return Done("cameras", number, bool(line["met"]), line)


def main() -> int:
    """Go on until the time is up."""
    parser = argparse.ArgumentParser(description="hours-long runs, one JSON line each")
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--state", type=Path, default=ROOT / ".cache" / "soak.json")
    parser.add_argument("--again", action="store_true", help="forget an earlier soak")
    asked = parser.parse_args()
    state = _load(asked.state, again=asked.again)
    for each in state.done:
        print(json.dumps(each.line | {"round": each.round, "good": each.good}), flush=True)
    turns: list[tuple[str, Callable[[int], Done]]] = [
        *((name, lambda number, name=name: scenario(name, number)) for name in SCENARIOS),
        ("storm", storm),
        ("steady", steady),
        ("cameras", cameras),
    ]
    while state.spent_s < asked.hours * 3600:
        number, place = divmod(len(state.done), len(turns))
        name, run = turns[place]
        left_h = asked.hours - state.spent_s / 3600
        print(f"soak: round {number + 1}, {name}; {left_h:.2f} h left", file=sys.stderr, flush=True)
        began_s = time.monotonic()
        done = run(number + 1)
        state.spent_s += time.monotonic() - began_s
        state.done.append(done)
        _save(asked.state, state)
        print(json.dumps(done.line | {"round": done.round, "good": done.good}), flush=True)
    return 0 if all(each.good for each in state.done) else 1


def _load(path: Path, *, again: bool) -> State:
    if again or not path.exists():
        return State()
    return msgspec.json.decode(path.read_bytes(), type=State)


def _save(path: Path, state: State) -> None:
    """Replace the file whole, so that an interruption leaves the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(state))
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())
