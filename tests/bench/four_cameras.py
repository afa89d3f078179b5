"""Four cameras at 5 frames a second each on two cores, with the motion gate, for as long as is asked.

    python tests/bench/four_cameras.py [--seconds 600] [--tiles 1]

One JSON line: each camera's frames that were due a detection, looked at and dropped, by reason; the worst
share of a camera's due (0.8 at least); the agent's memory over time, and its rise an hour once it has warmed
up. The agent is the real one, on real video in loops, with a real broker. Progress goes to standard error.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from builders.camera_box import CORES, BoxRun, camera_box, slope_mb_per_h  # noqa: E402  the path is set above

LEAST_SHARE: Final = 0.8
MOST_SLOPE_MB_PER_H: Final = 5.0
SLOPE_MATTERS_S: Final = 3_000.0
"""In less time, the allocator's settling is more than what an hour could add."""
STARTING_S: Final = 10.0
SAMPLES: Final = 240


def four_cameras(seconds: float, *, fps: float = 5.0, tiles: int = 1) -> dict[str, object]:
    """Run the box; the line."""
    with (
        tempfile.TemporaryDirectory(prefix="matthan-cameras-") as folder,
        camera_box(Path(folder), fps=fps, tiles=tiles) as box,
    ):
        box.watch(STARTING_S, STARTING_S)
        used_s = box.cpu_s()
        for part in range(10):
            box.watch(seconds / 10, max(1.0, seconds / SAMPLES))
            print(f"four_cameras: {(part + 1) * 10} %, {_told(box)}", file=sys.stderr, flush=True)
        return _line(box, seconds, box.cpu_s() - used_s) | {"fps": fps, "tiles": tiles}


def _line(box: BoxRun, seconds: float, cpu_s: float) -> dict[str, object]:
    accounts = box.accounts(skip_s=STARTING_S)
    worst = min((account.share for account in accounts), default=0.0)
    warm = [sample for sample in box.memory if sample.at_s >= STARTING_S + seconds / 3]
    slope = slope_mb_per_h(warm)
    shown = [box.memory[round(i * (len(box.memory) - 1) / 12)] for i in range(13)]
    return {
        "bench": "four_cameras",
        "seconds": round(seconds),
        "cores": min(CORES, os.cpu_count() or 1),
        "cores_used": round(cpu_s / seconds, 2),
        "cameras": [
            {
                "camera": account.camera,
                "due": round(account.due),
                **account.frames,
                "share": round(account.share, 3),
            }
            for account in accounts
        ],
        "worst_share": round(worst, 3),
        "rss_mb": [[round(sample.at_s), round(sample.rss_mb, 1)] for sample in shown],
        "slope_mb_per_h": round(slope, 2),
        "met": len(accounts) == box.cameras
        and worst >= LEAST_SHARE
        and (seconds < SLOPE_MATTERS_S or slope <= MOST_SLOPE_MB_PER_H),
    }


def _told(box: BoxRun) -> str:
    shares = ", ".join(f"{account.camera} {account.share:.3f}" for account in box.accounts(skip_s=STARTING_S))
    return f"rss {box.memory[-1].rss_mb:.1f} MB, shares {shares}"


def main() -> int:
    """Run it for as long as was asked."""
    parser = argparse.ArgumentParser(description="four cameras on two cores, one JSON line")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--tiles", type=int, default=1)
    asked = parser.parse_args()
    line = four_cameras(asked.seconds, fps=asked.fps, tiles=asked.tiles)
    print(json.dumps(line), flush=True)
    return 0 if line["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
