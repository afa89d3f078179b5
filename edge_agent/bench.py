"""`edge-agent bench`: where a frame's time goes, and how much of the bare interpreter's speed is left.

Decoding has a thread of its own. Every frame goes once through the pipeline, sealing and a real outbox, and
once through the interpreter alone, in turns as to which comes first, so that the machine's noise hits both
alike. One JSON line on standard output.
"""

import argparse
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import msgspec

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.frame import Frame
from edge_agent.capture.replay import Replay
from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.journal import Journal
from edge_agent.outbox.seal import ClockReading, seal_event, seal_measurement
from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.tiling import tiled
from edge_agent.pipeline import Pipeline
from edge_agent.replay import CANNOT_USE_INPUT, add_input_arguments, complain, find_model
from edge_agent.rules.engine import Facts
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import read_scene
from edge_agent.second_model import head_classifier
from fleet.wire.messages import CLOCK_SYNCED, STREAM_BYTES

_QUOTA_BYTES: Final = 64 * 2**20
_CLOCK: Final = ClockReading(offset_ms=0, state=CLOCK_SYNCED, boot="bench")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `edge-agent bench`."""
    add_input_arguments(parser, tiles=1, motion_gate=False)


def run(args: argparse.Namespace) -> int:
    """Measure; returns the exit code."""
    cv2.setNumThreads(args.threads)
    try:
        line = _bench(args)
    except (SceneError, ModelError, CaptureError, OutboxError) as error:
        complain("bench", str(error))
        return CANNOT_USE_INPUT
    sys.stdout.write(line + "\n")
    return 0


@dataclass(slots=True)
class _Sink:
    """Seals facts into a real outbox, and keeps the time of both."""

    journal: Journal
    seal_s: float = 0.0
    outbox_s: float = 0.0
    events: int = 0

    def store(self, facts: Facts) -> None:
        """Seal and store what one frame gave; nothing is written for nothing."""
        events, measurements = facts
        if not events and not measurements:
            return
        self.events += len(events)
        began = time.perf_counter()
        sealed = [seal_event(event, _CLOCK) for event in events]
        sealed += [row for found in measurements if (row := seal_measurement(found, _CLOCK))]
        ready = time.perf_counter()
        self.journal.append(sealed)
        self.outbox_s += time.perf_counter() - ready
        self.seal_s += ready - began


def _bench(args: argparse.Namespace) -> str:
    scene = read_scene(args.scene)
    spec = find_model(args.model)
    detector = LiteRtDetector(spec, threads=args.threads, delegate=args.delegate)
    detector.invoke()  # the first run plans memory; it is no frame's cost
    pipeline = Pipeline(
        scene,
        camera="bench",
        detector=tiled(detector, args.tiles),
        classes=spec.classes,
        motion_gate=args.motion_gate,
        always_on=True,
        heads=head_classifier(scene),
    )
    bare_s = 0.0
    with tempfile.TemporaryDirectory(prefix="matthan-bench-") as folder:
        journal = Journal(
            Path(folder) / "outbox.db",
            quota_bytes=_QUOTA_BYTES,
            new_stream=lambda: secrets.token_bytes(STREAM_BYTES),
        )
        sink = _Sink(journal)
        with Replay(args.video, camera="bench") as replay:
            for frame in replay:
                bare_first = frame.index % 2 == 0
                if bare_first:
                    bare_s += _bare(detector, frame, args.tiles)
                step = pipeline.step(frame, None)
                sink.store((step.events, step.measurements))
                if not bare_first:
                    bare_s += _bare(detector, frame, args.tiles)
            decode_s = replay.decode_s
        sink.store(pipeline.finish())
        journal.close()
    return _line(args, pipeline, sink, decode_s=decode_s, bare_s=bare_s)


def _bare(detector: LiteRtDetector, frame: Frame, times: int) -> float:
    """Seconds that the interpreter alone takes for a frame; as often as there are tiles."""
    detector.prepare(frame.image)
    began = time.perf_counter()
    for _ in range(times):
        detector.invoke()
    return time.perf_counter() - began


def _line(
    args: argparse.Namespace, pipeline: Pipeline, sink: _Sink, *, decode_s: float, bare_s: float
) -> str:
    times = pipeline.times
    busy_s = times.motion_s + times.detect_s + times.track_s + times.rules_s + sink.seal_s + sink.outbox_s
    pipeline_fps, bare_fps = times.frames / busy_s, times.frames / bare_s
    figures = {
        "frames": times.frames,
        "decode_s": round(decode_s, 4),
        "motion_s": round(times.motion_s, 4),
        "detect_s": round(times.detect_s, 4),
        "track_s": round(times.track_s, 4),
        "rules_s": round(times.rules_s, 4),
        "seal_s": round(sink.seal_s, 4),
        "outbox_s": round(sink.outbox_s, 4),
        "pipeline_fps": round(pipeline_fps, 2),
        "bare_fps": round(bare_fps, 2),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "ratio": round(pipeline_fps / bare_fps, 4),
        "detections": times.detections,
        "events": sink.events,
        "threads": args.threads,
        "tiles": args.tiles,
        "motion_gate": args.motion_gate,
    }
    return msgspec.json.encode(figures).decode()


def peak_rss_mb() -> float:
    """Most memory that this process has held, in MB.

    Read from the kernel's per-process status: `getrusage` also remembers the program that started this one.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
