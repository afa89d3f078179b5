"""Whether the model loads here, and keeps up with the cameras."""

import os
import time
from pathlib import Path

import numpy as np

from edge_agent.doctor.finding import Finding
from edge_agent.perception.catalogue import model_folders, resolve
from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_detector import LiteRtDetector, runtime_name
from fleet.wire.node_config import ModelSection

_RUNS = 8
_FRAME = (720, 1280, 3)


def model(section: ModelSection, total_fps: float) -> Finding:
    """Load the model and run it on frames of noise.

    Args:
        section: `[model]` of the configuration.
        total_fps: frames a second of all cameras together.
    """
    wanted = f"{section.name}/{section.variant}" if section.variant else section.name
    try:
        runtime = runtime_name()
        spec = resolve(wanted, model_folders(os.environ.get("MATTHAN_MODELS")), runtime)
        delegate = Path(section.delegate) if section.delegate else None
        detector = LiteRtDetector(spec, threads=section.threads, delegate=delegate)
    except ModelError as error:
        return Finding("MODEL", "unusable", values={"model": wanted, "detail": str(error)})
    return verdict(spec.name, runtime, _milliseconds(detector), section.tiles, total_fps)


def verdict(name: str, runtime: str, took_ms: float, tiles: int, total_fps: float) -> Finding:
    """Whether so many frames a second can be looked at; the motion gate may spare some of them."""
    busy_percent = took_ms * tiles * total_fps / 10
    values = {
        "model": name,
        "runtime": runtime,
        "ms": f"{took_ms:.1f}",
        "tiles": str(tiles),
        "fps": f"{total_fps:g}",
        "busy_percent": f"{busy_percent:.0f}",
    }
    return Finding("MODEL", "slow" if busy_percent > 100 else "ok", values=values)  # noqa: PLR2004 - per cent


def _milliseconds(detector: LiteRtDetector) -> float:
    noise = np.random.default_rng(1).integers(0, 256, _FRAME, dtype=np.uint8)
    times_s = []
    for _ in range(_RUNS):
        began_s = time.perf_counter()
        detector.detect(noise)
        times_s.append(time.perf_counter() - began_s)
    return min(times_s) * 1000  # the best: the other checks run beside it
