"""`edge-agent replay`: the agent's own pipeline over a video file, as fast as it goes, deterministic.

Events go to a file or to standard output as JSON lines, everything else to standard error. Exit code 2 means
that the input cannot be used, and one line on standard error says why.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

import cv2

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.frame import Frame
from edge_agent.capture.replay import Replay
from edge_agent.event_lines import event_line, measurement_line, track_lines
from edge_agent.perception.catalogue import DEFAULT_MODEL, model_folders, resolve
from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_detector import LiteRtDetector, runtime_name
from edge_agent.perception.model_spec import ModelSpec
from edge_agent.perception.tiling import DEFAULT_TILES, tiled
from edge_agent.pipeline import Pipeline, Step
from edge_agent.rules.engine import Facts
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import read_scene
from edge_agent.second_model import head_classifier

CANNOT_USE_INPUT: Final = 2
MOST_THREADS: Final = 64
MOST_TILES: Final = 8


def add_input_arguments(parser: argparse.ArgumentParser, *, tiles: int, motion_gate: bool) -> None:
    """What `replay` and `bench` have in common: the video, the scene, the model and how it is run."""
    parser.add_argument("video", type=Path, metavar="VIDEO", help="video file")
    parser.add_argument("--scene", type=Path, required=True, metavar="S.toml", help="scene file")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="M", help="name, name/variant or .tflite file"
    )
    parser.add_argument(
        "--threads", type=_count(MOST_THREADS), default=1, metavar="N", help="threads (default 1)"
    )
    parser.add_argument(
        "--tiles",
        type=_count(MOST_TILES),
        default=tiles,
        metavar="N",
        help=f"overlapping tiles (default {tiles})",
    )
    parser.add_argument(
        "--motion-gate",
        action=argparse.BooleanOptionalAction,
        default=motion_gate,
        help=f"spare the detector while nothing moves (default {'on' if motion_gate else 'off'})",
    )
    parser.add_argument(
        "--delegate", type=Path, metavar="LIB", help="delegate library, such as libedgetpu.so.1"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `edge-agent replay`."""
    add_input_arguments(parser, tiles=DEFAULT_TILES, motion_gate=True)
    parser.add_argument(
        "--events", type=Path, metavar="E.jsonl", help="write events here, not to standard output"
    )
    parser.add_argument(
        "--measurements", type=Path, metavar="M.jsonl", help="write the minutes' figures here"
    )
    parser.add_argument("--tracks", type=Path, metavar="T.txt", help="write tracks here, MOTChallenge text")
    parser.add_argument("--camera", default="replay", metavar="ID", help="id of the camera in the output")
    parser.add_argument(
        "--start",
        type=_start,
        metavar="TIME",
        help="when the video began (ISO 8601); without it schedules are on",
    )


def run(args: argparse.Namespace) -> int:
    """Replay a video; returns the exit code."""
    cv2.setNumThreads(args.threads)
    try:
        return _replay(args)
    except (SceneError, ModelError, CaptureError) as error:
        complain("replay", str(error))
    except BrokenPipeError:  # whoever read the events has had enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain("replay", f"{error.filename}: cannot write there ({error.strerror}): choose another file")
    return CANNOT_USE_INPUT


def find_model(wanted: str) -> ModelSpec:
    """The model that the command line names, as `MATTHAN_MODELS` and the installation have it.

    Raises:
        ModelError: there is no such model.
    """
    return resolve(wanted, model_folders(os.environ.get("MATTHAN_MODELS")), runtime_name())


def complain(command: str, message: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"edge-agent {command}: {' '.join(message.split())}\n")


class _Output:
    """Where facts and tracks go."""

    def __init__(self, events: IO[str], measurements: IO[str] | None, tracks: IO[str] | None) -> None:
        self._events, self._measurements, self._tracks = events, measurements, tracks
        self.counts: dict[str, int] = {}

    def facts(self, facts: Facts) -> None:
        """Write events and measurements."""
        events, measurements = facts
        for event in events:
            self._events.write(event_line(event) + "\n")
            name = " ".join(filter(None, (event.kind, event.rule, event.direction)))
            self.counts[name] = self.counts.get(name, 0) + 1
        if self._measurements:
            self._measurements.writelines(measurement_line(row) + "\n" for row in measurements)

    def step(self, frame: Frame, step: Step) -> None:
        """Write what one frame gave."""
        self.facts((step.events, step.measurements))
        if self._tracks:
            height, width = frame.image.shape[:2]
            self._tracks.writelines(
                line + "\n" for line in track_lines(step.tracks, frame.index + 1, width, height)
            )


def _replay(args: argparse.Namespace) -> int:
    scene = read_scene(args.scene)
    spec = find_model(args.model)
    detector = LiteRtDetector(spec, threads=args.threads, delegate=args.delegate)
    pipeline = Pipeline(
        scene,
        camera=args.camera,
        detector=tiled(detector, args.tiles),
        classes=spec.classes,
        motion_gate=args.motion_gate,
        always_on=args.start is None,
        heads=head_classifier(scene),
    )
    with Replay(args.video, camera=args.camera) as replay, _opened(args) as output:
        for frame in replay:
            utc = None if args.start is None else args.start + timedelta(seconds=frame.at_s)
            output.step(frame, pipeline.step(frame, utc))
        output.facts(pipeline.finish())
    _summarise(args, pipeline, output)
    if replay.cut_short:
        complain("replay", f"{args.video} ends early, after {pipeline.times.frames} frames: copy it again")
        return CANNOT_USE_INPUT
    return 0


def _summarise(args: argparse.Namespace, pipeline: Pipeline, output: _Output) -> None:
    times = pipeline.times
    busy_s = times.motion_s + times.detect_s + times.track_s + times.rules_s
    lines = [
        (
            f"{args.video}: {times.frames} frames, {times.detections} detections in {busy_s:.1f} s, "
            f"{times.frames / max(busy_s, 1e-9):.1f} fps without decoding"
        ),
        *(f"  {count:5d} {name}" for name, count in sorted(output.counts.items())),
    ]
    sys.stderr.write("\n".join(lines) + "\n")


@contextmanager
def _opened(args: argparse.Namespace) -> Iterator[_Output]:
    """The files that the command line names, closed at the end."""
    paths = (args.events, args.measurements, args.tracks)
    files = []
    try:
        for path in paths:
            files.append(None if path is None else path.open("w", encoding="utf-8"))  # noqa: PERF401  closed below
        events, measurements, tracks = files
        yield _Output(events or sys.stdout, measurements, tracks)
    finally:
        for file in files:
            if file is not None:
                file.close()


def _count(most: int) -> "argparse._ActionType":
    def parse(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {most}")
        return int(text)

    return parse


def _start(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 2026-01-31T22:00:00+07:00") from error
    return start if start.tzinfo else start.replace(tzinfo=UTC)
