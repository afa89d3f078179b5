"""Say how well a model, or the tracks that it led to, agrees with the truth of a video.

    .venv/bin/python models/tools/evaluate.py --truth gt.txt --tracks T.txt
    .venv/bin/python models/tools/evaluate.py --truth gt.txt --video V.mp4 --model NAME [--tiles 2]

The truth and the tracks are MOTChallenge text in pixels, frames from 1: `frame, id, left, top, width, height,
confidence, class, …`. A class may be a name. As a number it is MOTChallenge's in the truth (1 pedestrian,
3 car, 4 bicycle, 5 motorbike) and the model's class id plus 1 in tracks, as `edge-agent replay --tracks`
writes them; -1 stands for the class evaluated. Truth rows with confidence 0 are left out, as the challenge
does.

CLEAR and identity metrics come from `motmetrics`. Its own distance functions call what numpy 2 removed, so
the distances are made here; the accumulator and the metrics themselves work. AP50 is the area under the
envelope of the precision-recall curve at every point, as PASCAL VOC has it since 2010, a hit being an overlap
of 0.5 or more: of the model's raw detections with --model, of the boxes of the tracks with --tracks.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import motmetrics
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.catalogue import DEFAULT_MODEL
from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.tiling import tiled
from edge_agent.replay import find_model

MIN_IOU = 0.5
# MOTChallenge's class numbers, in the words of COCO; -1 is "the class this file is about".
TRUTH_NUMBERS = {"1": "person", "3": "car", "4": "bicycle", "5": "motorcycle"}
ANY_CLASS = "-1"
MIN_COLUMNS = 7
CLASS_COLUMN = 7
# The pipeline looks for the classes of its rules: one rule for all of the picture.
WHOLE_PICTURE = """
[[zones]]
id = "picture"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
[[rules]]
id = "everything"
kind = "occupancy"
zone = "picture"
classes = {classes}
"""
METRICS = (
    "mota", "motp", "idf1", "idp", "idr", "recall", "precision", "num_switches", "num_false_positives",
    "num_misses", "num_fragmentations", "num_objects", "num_unique_objects", "mostly_tracked", "mostly_lost",
)  # fmt: skip


class MotTextError(ValueError):
    """A file is not MOTChallenge text; the message names the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """One box of one frame: xyxy in pixels; `confidence` is a score in tracks, a flag in the truth."""

    frame: int
    identity: int
    xyxy: tuple[float, float, float, float]
    confidence: float
    class_name: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """CLEAR and identity figures of one class; `motp` is the mean overlap (IoU) of what was matched."""

    mota: float
    motp: float
    idf1: float
    idp: float
    idr: float
    recall: float
    precision: float
    id_switches: int
    false_positives: int
    misses: int
    fragmentations: int
    boxes: int
    objects: int
    mostly_tracked: int
    mostly_lost: int


def main(words: list[str] | None = None) -> int:
    """Print the figures of each class, or one JSON line; 2 when the input cannot be used."""
    args = _arguments(words)
    try:
        truth = read_rows(args.truth, TRUTH_NUMBERS)
        if args.tracks is not None:
            tracks = detections = read_rows(args.tracks, track_numbers(args.labels_of))
        else:
            tracks, detections = _of_model(args)
    except (OSError, MotTextError, ModelError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    report = {
        name: {
            **asdict(agreement(of_class(truth, name), of_class(tracks, name))),
            "ap50": ap50(of_class(truth, name), of_class(detections, name)),
        }
        for name in args.classes.split(",")
    }
    if args.json:
        print(json.dumps(report))
    else:
        _print_table(report)
    return 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--truth", type=Path, required=True, help="the truth, MOTChallenge text")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--tracks", type=Path, help="tracks, as `edge-agent replay --tracks` writes them")
    given.add_argument(
        "--model", help="a name of the catalogue, NAME/VARIANT or a .tflite file: runs the pipeline"
    )
    parser.add_argument(
        "--labels-of", default=DEFAULT_MODEL, help="the model behind --tracks, for class numbers"
    )
    parser.add_argument("--video", type=Path, help="the video that the truth is about (with --model)")
    parser.add_argument(
        "--tiles", type=int, default=2, help="tiles of the detector (with --model), default 2"
    )
    parser.add_argument(
        "--threads", type=int, default=2, help="threads of the detector (with --model), default 2"
    )
    parser.add_argument("--classes", default="person", help="comma-separated, default person")
    parser.add_argument("--json", action="store_true", help="one JSON line instead of a table")
    args = parser.parse_args(words)
    if args.model is not None and args.video is None:
        parser.error("--model needs --video: the video that the truth is about")
    return args


# ---- reading ---------------------------------------------------------------------------------------------


def track_numbers(model: str) -> dict[str, str]:
    """Return the name of each class number in the tracks that a model led to."""
    return {str(class_id + 1): label for class_id, label in enumerate(find_model(model).labels)}


def read_rows(path: Path, names: Mapping[str, str]) -> list[Row]:
    """Read MOTChallenge text, with the names of its class numbers; rows with confidence 0 are left out.

    Raises:
        MotTextError: a line has too few columns, is not made of numbers, or has an empty box.
    """
    return [row for row in every_row(path, names) if row.confidence != 0]


def every_row(path: Path, names: Mapping[str, str]) -> list[Row]:
    """Read MOTChallenge text with the rows of confidence 0, which the truth wants to be ignored.

    Raises:
        MotTextError: a line has too few columns, is not made of numbers, or has an empty box.
    """
    rows: list[Row] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = _row([column.strip() for column in line.split(",")], names)
        except ValueError as error:
            raise MotTextError(f"{path}:{number}: {error}: {line[:80]!r}") from error
        rows.append(row)
    return rows


def _row(columns: list[str], names: Mapping[str, str]) -> Row:
    if len(columns) < MIN_COLUMNS:
        raise ValueError(
            f"a row has at least {MIN_COLUMNS} columns, frame, id, left, top, width, height, confidence"
        )
    left, top, width, height, confidence = (float(column) for column in columns[2:MIN_COLUMNS])
    if width <= 0 or height <= 0:
        raise ValueError("the box is empty")
    class_name = columns[CLASS_COLUMN] if len(columns) > CLASS_COLUMN else ANY_CLASS
    return Row(
        frame=int(float(columns[0])),
        identity=int(float(columns[1])),
        xyxy=(left, top, left + width, top + height),
        confidence=confidence,
        class_name=names.get(class_name, class_name),
    )


def of_class(rows: Iterable[Row], name: str) -> list[Row]:
    """Return the rows of a class, and those that name none."""
    return [row for row in rows if row.class_name in {name, ANY_CLASS}]


def by_frame(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Return the rows of each frame."""
    frames: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        frames[row.frame].append(row)
    return frames


# ---- figures ---------------------------------------------------------------------------------------------


def overlaps(ours: list[Row], theirs: list[Row]) -> NDArray[np.float64]:
    """Return intersection over union of every box with every other, shape (ours, theirs)."""
    one = np.array([row.xyxy for row in ours], np.float64).reshape(-1, 1, 4)
    other = np.array([row.xyxy for row in theirs], np.float64).reshape(1, -1, 4)
    shared = np.prod(
        np.clip(np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2]), 0, None),
        axis=2,
    )
    areas = np.prod(one[..., 2:] - one[..., :2], axis=2) + np.prod(other[..., 2:] - other[..., :2], axis=2)
    return np.asarray(shared / (areas - shared), np.float64)


def agreement(truth: list[Row], tracks: list[Row]) -> Agreement:
    """Return CLEAR and identity metrics of tracks against the truth; a match overlaps by 0.5 or more."""
    accumulator = motmetrics.MOTAccumulator()
    true_frames, track_frames = by_frame(truth), by_frame(tracks)
    for frame in sorted(true_frames.keys() | track_frames.keys()):
        expected, found = true_frames.get(frame, []), track_frames.get(frame, [])
        iou = overlaps(expected, found)
        distances = np.where(iou >= MIN_IOU, 1 - iou, np.nan)
        accumulator.update(
            [row.identity for row in expected], [row.identity for row in found], distances, frameid=frame
        )
    summary = motmetrics.metrics.create().compute(accumulator, metrics=list(METRICS))
    value = {name: float(summary[name].iloc[0]) for name in METRICS}
    return Agreement(
        mota=value["mota"],
        motp=1 - value["motp"],
        idf1=value["idf1"],
        idp=value["idp"],
        idr=value["idr"],
        recall=value["recall"],
        precision=value["precision"],
        id_switches=int(value["num_switches"]),
        false_positives=int(value["num_false_positives"]),
        misses=int(value["num_misses"]),
        fragmentations=int(value["num_fragmentations"]),
        boxes=int(value["num_objects"]),
        objects=int(value["num_unique_objects"]),
        mostly_tracked=int(value["mostly_tracked"]),
        mostly_lost=int(value["mostly_lost"]),
    )


def ap50(truth: list[Row], detections: list[Row]) -> float:
    """Return the average precision of detections in falling order of score; NaN without any truth."""
    if not truth:
        return float("nan")
    hits = np.array(_hits(by_frame(truth), sorted(detections, key=lambda row: -row.confidence)), np.float64)
    found = np.cumsum(hits)
    recall = np.concatenate([[0.0], found / len(truth)])
    precision = found / np.arange(1, len(hits) + 1)
    highest_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall) * highest_from_here))


def _hits(truth: Mapping[int, list[Row]], detections: list[Row]) -> list[bool]:
    """Tell of each detection whether it is the first on the true box that it overlaps most."""
    taken: set[tuple[int, int]] = set()
    hits: list[bool] = []
    for detection in detections:
        boxes = truth.get(detection.frame, [])
        iou = overlaps([detection], boxes)[0]
        best = int(np.argmax(iou)) if boxes else -1
        hit = best >= 0 and bool(iou[best] >= MIN_IOU) and (detection.frame, best) not in taken
        if hit:
            taken.add((detection.frame, best))
        hits.append(hit)
    return hits


# ---- running a model -------------------------------------------------------------------------------------


def _of_model(args: argparse.Namespace) -> tuple[list[Row], list[Row]]:
    """Return the tracks of the product's own pipeline, and the detector's raw boxes."""
    how = {"tiles": args.tiles, "threads": args.threads}
    return (
        tracked_rows(args.video, args.model, classes=args.classes.split(","), **how),
        detected_rows(args.video, args.model, **how),
    )


def tracked_rows(video: Path, model: str, *, classes: list[str], tiles: int, threads: int) -> list[Row]:
    """Return the tracks of `edge-agent replay`, with a rule on all of the picture.

    Raises:
        MotTextError: the command failed; it has said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        scene, tracks = Path(folder) / "scene.toml", Path(folder) / "tracks.txt"
        scene.write_text(WHOLE_PICTURE.format(classes=json.dumps(classes)), encoding="utf-8")
        command = [sys.executable, "-m", "edge_agent", "replay", str(video), "--scene", str(scene)]
        command += ["--model", model, "--threads", str(threads), "--tiles", str(tiles)]
        command += ["--tracks", str(tracks)]
        finished = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if finished.returncode != 0:
            raise MotTextError(
                f"edge-agent replay failed with code {finished.returncode}: its message is above"
            )
        return read_rows(tracks, track_numbers(model))


def detected_rows(
    video: Path, model: str, *, tiles: int, threads: int, frames: Container[int] | None = None
) -> list[Row]:
    """Return every box of the detector, before any tracker; all have the identity -1.

    With `frames`, only those are looked at.

    Raises:
        MotTextError: the video cannot be read.
        edge_agent.perception.detector.ModelError: the model cannot be used.
    """
    detector = tiled(LiteRtDetector(find_model(model), threads=threads), tiles)
    capture = cv2.VideoCapture(str(video))
    rows: list[Row] = []
    frame = 0
    while True:
        read, image = capture.read()
        if not read:
            break
        frame += 1
        if frames is not None and frame not in frames:
            continue
        height, width = image.shape[:2]
        found = detector.detect(np.asarray(image, np.uint8))
        boxes = found.xyxy * np.array([width, height, width, height], np.float32)
        for (x1, y1, x2, y2), class_id, score in zip(
            boxes.tolist(), found.class_id, found.score, strict=True
        ):
            rows.append(Row(frame, -1, (x1, y1, x2, y2), float(score), detector.labels[class_id]))
    if frame == 0:
        raise MotTextError(f"{video}: no frame can be read: check the path and that it is a video")
    return rows


def _print_table(report: Mapping[str, Mapping[str, float]]) -> None:
    for name, figures in report.items():
        print(name)
        for figure, value in figures.items():
            shown = str(value) if isinstance(value, int) else f"{value:.3f}"
            print(f"  {figure:<16}{shown:>8}")


if __name__ == "__main__":
    sys.exit(main())
