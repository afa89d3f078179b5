"""`make bench`: one JSON line a benchmark on standard output, each with its ratio to a peer of the same run.

    python tests/bench/run.py [--seconds 60] [--only NAME …]

A line has `met` where there is a target. Exit code 1 when a target is missed or a benchmark failed; the
others run all the same.
"""

import argparse
import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from alarm_latency import Plan, alarm_to_console, judged
from codec_speed import codec_speed
from console_latency import event_to_console
from four_cameras import four_cameras
from outbox_speed import outbox_speed
from staged_rules import staged_rules
from throughput import batches, singles

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "provisioning" / "demo"
CONSOLE_S = 30.0


def pipeline() -> dict[str, object]:
    """One camera's frames through the whole pipeline, against the interpreter alone, on one thread."""
    (line,) = _lines(
        "-m", "edge_agent", "bench", str(DEMO / "pedestrians.mp4"), "--scene", str(DEMO / "pedestrians.toml"),
        "--threads", "1",
    )  # fmt: skip
    ratio = float(str(line["pipeline_fps"])) / float(str(line["bare_fps"]))
    peak = float(str(line["peak_rss_mb"]))
    return {
        "bench": "pipeline_1_thread",
        **line,
        "ratio_to_bare": round(ratio, 3),
        "met": ratio >= 0.8 and peak <= 200,
    }


def ingest() -> Iterator[dict[str, object]]:
    """The ingest path from memory, against plain writes to the same stores."""
    for batch in ("50", "1"):
        facts = "200000" if batch == "50" else "20000"
        for line in _lines(str(ROOT / "tests/bench/bench_ingest.py"), "--batch", batch, "--facts", facts):
            yield {"bench": f"ingest_{batch}", **line}


def lane() -> list[dict[str, object]]:
    """Motorbikes of simulated lanes, counted by ours and by a plain ByteTrack, on seeds of the commit."""
    return _lines(str(ROOT / "tests/bench/lane.py"), ends_with=(0, 1))


def timeseries() -> list[dict[str, object]]:
    """The write path of the time series, beside Points and a bare appender."""
    return _lines(str(ROOT / "tests/bench/bench_timeseries.py"))


def panels() -> list[dict[str, object]]:
    """The queries of every panel over 60 days of a made-up city, through the façade and to InfluxDB."""
    city = ("--cameras", "42", "--days", "60", "--step", "21600")
    return _lines(str(ROOT / "tests/bench/panels.py"), *city)


def main() -> int:
    """Run what was asked."""
    parser = argparse.ArgumentParser(description="benchmarks, one JSON line each")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the steady run takes (60)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="repeatable")
    asked = parser.parse_args()
    benches: dict[str, Callable[[], object]] = {
        "codec": codec_speed,
        "outbox": outbox_speed,
        "ingest": lambda: list(ingest()),
        "timeseries": timeseries,
        "panels": panels,
        "pipeline": pipeline,
        "cameras": lambda: four_cameras(2 * asked.seconds),
        "throughput": lambda: batches(asked.seconds),
        "singles": singles,
        "console": lambda: event_to_console(min(CONSOLE_S, asked.seconds)),
        "alarms": lambda: judged(alarm_to_console(Plan(seconds=min(CONSOLE_S, asked.seconds)))),
        "lane": lane,
        "staged_rules": lambda: list(staged_rules(picture_seeds=1)),
    }
    unknown = set(asked.only) - benches.keys()
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}: there are {', '.join(benches)}")
    good = True
    for name, bench in benches.items():
        if asked.only and name not in asked.only:
            continue
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        try:
            found = bench()
        except Exception:  # noqa: BLE001  the supervisor: the others go on
            traceback.print_exc()
            found = {"bench": name, "met": False, "failed": True}
        for line in found if isinstance(found, list) else [found]:
            good = good and bool(line.get("met", True))
            print(json.dumps(line), flush=True)
    return 0 if good else 1


def _lines(*program: str, ends_with: tuple[int, ...] = (0,)) -> list[dict[str, object]]:
    done = subprocess.run([sys.executable, *program], stdout=subprocess.PIPE, check=False, cwd=ROOT)
    if done.returncode not in ends_with:
        raise subprocess.CalledProcessError(done.returncode, program)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
