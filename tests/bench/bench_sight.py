"""What looking at the picture costs beside detection: JSON, milliseconds a frame, one thread.

    python tests/bench/bench_sight.py [--width 640 --height 360] [--frames 300]

The frames are those of the demo's video, scaled, ten a second; things are looked for at most 5.5 times a
second and the camera's condition once, so that a frame's cost is a mean over those that are skipped.
"""

import argparse
import time
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.condition import ConditionReader
from edge_agent.perception.static_objects import StaticObjects

VIDEO: Final = Path(__file__).resolve().parents[2] / "provisioning" / "demo" / "pedestrians.mp4"
FPS: Final = 10.0


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--frames", type=int, default=300)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = _pictures(args.frames, (args.width, args.height))
    static, condition = StaticObjects(), ConditionReader()
    looks, states = [], []
    for index, image in enumerate(pictures):
        began = time.perf_counter()
        static.look(image, index / FPS, ())
        between = time.perf_counter()
        condition.look(image, index / FPS)
        looks.append((between - began) * 1000)
        states.append((time.perf_counter() - between) * 1000)
    line = {
        "width": args.width,
        "height": args.height,
        "frames": len(pictures),
        "static_mean_ms": round(float(np.mean(looks)), 3),
        "static_p95_ms": round(float(np.percentile(looks, 95)), 3),
        "condition_mean_ms": round(float(np.mean(states)), 3),
        "condition_worst_ms": round(float(np.percentile(states, 99)), 3),
    }
    print(msgspec.json.encode(line).decode())


def _pictures(count: int, size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    video = cv2.VideoCapture(str(VIDEO))
    found = []
    for _ in range(count):
        is_read, image = video.read()
        if not is_read:
            break
        found.append(cv2.resize(image, size).astype(np.uint8, copy=False))
    video.release()
    return found


if __name__ == "__main__":
    main()
