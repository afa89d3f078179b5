"""What tiles, the motion gate and more cameras cost: frames a second of the whole box, one JSON line a row.

    python tests/bench/pipeline_table.py [--frames N]

Every camera replays the pedestrian clip as fast as it goes, on its own thread with its own decoder, through
the agent's pool of detectors: one interpreter of one thread for each core, at most one a camera. `quiet` is
staged: one frame of the clip for ever, with sensor noise, so nothing moves. Rows run one after the other; on
a busy machine compare neighbours and not the figures themselves.
"""

import argparse
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge_agent.agent.shared_detector import DetectorPool
from edge_agent.bench import peak_rss_mb
from edge_agent.capture.frame import Frame
from edge_agent.capture.replay import Replay
from edge_agent.perception.detector import Detector
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.tiling import tiled
from edge_agent.pipeline import Pipeline
from edge_agent.replay import find_model
from edge_agent.scene.parse import read_scene

FPS = 10.0
"""What the clip has, and so each camera's due."""
DEMO = Path(__file__).resolve().parents[2] / "provisioning" / "demo"
CLIP, SCENE = DEMO / "pedestrians.mp4", DEMO / "pedestrians.toml"


@dataclass(frozen=True)
class Row:
    cameras: int
    tiles: int
    motion_gate: bool
    video: str = "pedestrians"


ROWS = (
    Row(1, 1, motion_gate=False),
    Row(1, 2, motion_gate=False),
    Row(1, 1, motion_gate=True),
    Row(1, 2, motion_gate=True),
    Row(1, 1, motion_gate=True, video="quiet"),
    Row(1, 2, motion_gate=True, video="quiet"),
    Row(2, 1, motion_gate=False),
    Row(2, 2, motion_gate=False),
    Row(4, 1, motion_gate=False),
    Row(4, 2, motion_gate=False),
)


def quiet(count: int) -> Iterator[Frame]:
    """A picture in which nothing moves, with the noise of a sensor."""
    with Replay(CLIP, queue_frames=1) as replay:
        still = next(iter(replay)).image
    rng = np.random.default_rng(1)
    noisy = [(still + rng.normal(0, 2, still.shape)).clip(0, 255).astype(np.uint8) for _ in range(7)]
    for index in range(count):
        yield Frame("quiet", noisy[index % len(noisy)], index, index / 10)


def moving(count: int) -> Iterator[Frame]:
    """The first frames of the clip."""
    with Replay(CLIP) as replay:
        for frame in replay:
            if frame.index == count:
                return
            yield frame


def measured(row: Row, frames: int) -> dict[str, float]:
    """Run every camera of a row at once."""
    scene, spec = read_scene(SCENE), find_model("ssdlite_mobilenet_v2_coco")

    def load() -> tuple[Detector, tuple[str, ...]]:
        return tiled(LiteRtDetector(spec, threads=1), row.tiles), spec.classes

    pool = DetectorPool(load, lanes=min(row.cameras, os.cpu_count() or 1))
    pipelines = []
    for number in range(row.cameras):
        share, classes = pool.share(f"cam-{number}", FPS)
        pipelines.append(
            Pipeline(
                scene,
                camera=f"cam-{number}",
                detector=share,
                classes=classes,
                motion_gate=row.motion_gate,
                always_on=True,
            )
        )

    def play(pipeline: Pipeline) -> None:
        for frame in quiet(frames) if row.video == "quiet" else moving(frames):
            pipeline.step(frame, None)

    threads = [
        threading.Thread(target=play, args=(each,), name=f"bench-{i}") for i, each in enumerate(pipelines)
    ]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall_s = time.perf_counter() - began_s
    total = sum(each.times.frames for each in pipelines)
    looked = sum(each.times.detections for each in pipelines)
    return {
        "box_fps": round(total / wall_s, 2),
        "camera_fps": round(total / wall_s / row.cameras, 2),
        "detected_share": round(looked / total, 3),
        "peak_rss_mb": round(peak_rss_mb(), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=200, help="frames a camera (default 200)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    for row in ROWS:
        figures = measured(row, args.frames)
        line = {
            "video": row.video,
            "cameras": row.cameras,
            "tiles": row.tiles,
            "motion_gate": row.motion_gate,
            **figures,
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
