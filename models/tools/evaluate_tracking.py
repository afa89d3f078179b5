"""Print MOTA and IDF1 of the shipped models on the pedestrian clip, whose truth was labelled by eye.

    .venv/bin/python models/tools/evaluate_tracking.py [--model NAME …] [--tiles N …]
    .venv/bin/python models/tools/evaluate_tracking.py --tracks T.txt

Each line of standard output is one JSON object for a model and a number of tiles: the clip goes through
`edge-agent replay`, and the tracks are compared with the truth in the frames that were labelled, every tenth.
`ap50` is of the detector's raw boxes in the same frames. With --tracks the clip is not run: the file is one
that `edge-agent replay --tracks` wrote of it.

A track on something that the truth ignores (confidence 0) is left out. Identity switches are seen from
labelled frame to labelled frame, so two that undo each other within a second are not seen. The figures are
those of `evaluate.py`, which does the same for your own videos.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
from evaluate import (
    MIN_IOU,
    TRUTH_NUMBERS,
    MotTextError,
    Row,
    agreement,
    ap50,
    by_frame,
    detected_rows,
    every_row,
    of_class,
    overlaps,
    read_rows,
    track_numbers,
    tracked_rows,
)

from edge_agent.perception.catalogue import DEFAULT_MODEL
from edge_agent.perception.detector import ModelError

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "provisioning" / "demo" / "pedestrians.mp4"
TRUTH = ROOT / "tests" / "data" / "tracking" / "truth.txt"
CATALOGUE = ROOT / "models" / "catalog.toml"
PERSON = "person"
# A box so far inside an ignored one is of what is ignored there, even when they overlap little.
MIN_SHARE_INSIDE = 0.5


def main(words: list[str] | None = None) -> int:
    """Print one line for each model and number of tiles; 2 when the input cannot be used."""
    args = _arguments(words)
    models = args.model or list(tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["models"])
    try:
        truth = every_row(args.truth, TRUTH_NUMBERS)
        if args.tracks is not None:
            tracks = read_rows(args.tracks, track_numbers(DEFAULT_MODEL))
            print(json.dumps(tracking(truth, tracks)))
            return 0
        for model in models:
            for tiles in args.tiles or [1, 2]:
                print(json.dumps(figures(truth, args.video, model, tiles, args.threads)), flush=True)
    except (OSError, MotTextError, ModelError) as error:
        print(f"evaluate_tracking: {error}", file=sys.stderr)
        return 2
    return 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", help="of the catalogue; all of them without it")
    parser.add_argument("--tiles", type=int, action="append", help="may be repeated; 1 and 2 without it")
    parser.add_argument("--threads", type=int, default=2, help="threads of the detector, default 2")
    parser.add_argument(
        "--tracks", type=Path, help="judge this file; every shipped model numbers people as 1"
    )
    parser.add_argument("--video", type=Path, default=CLIP)
    parser.add_argument("--truth", type=Path, default=TRUTH)
    return parser.parse_args(words)


def figures(
    truth: list[Row], video: Path, model: str, tiles: int, threads: int
) -> dict[str, str | int | float]:
    """Return what is printed of one model and number of tiles: how it tracks, and AP50."""
    frames = {row.frame for row in truth}
    tracks = tracked_rows(video, model, classes=[PERSON], tiles=tiles, threads=threads)
    boxes = detected_rows(video, model, tiles=tiles, threads=threads, frames=frames)
    counted, boxes = judged(truth, of_class(boxes, PERSON))
    return {
        "model": model,
        "tiles": tiles,
        **tracking(truth, tracks),
        "ap50": round(ap50(counted, boxes), 3),
    }


def tracking(truth: list[Row], tracks: list[Row]) -> dict[str, int | float]:
    """Return CLEAR and identity figures of the people in these tracks, in the labelled frames."""
    values = asdict(agreement(*judged(truth, of_class(tracks, PERSON))))
    return {
        "frames": len({row.frame for row in truth}),
        **{name: value if isinstance(value, int) else round(value, 3) for name, value in values.items()},
    }


def judged(truth: list[Row], found: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the truth that counts, and of `found` what is in its frames and not on something ignored.

    A box that fits a counted one is kept, whatever else it lies on.
    """
    true_frames = by_frame(truth)
    kept: list[Row] = []
    for frame, rows in by_frame(found).items():
        here = true_frames.get(frame)
        if here is None:
            continue
        counted = [row for row in here if row.confidence != 0]
        ignored = [row for row in here if row.confidence == 0]
        fits = overlaps(rows, counted).max(axis=1, initial=0.0) >= MIN_IOU
        kept += [row for row, fit in zip(rows, fits, strict=True) if fit or not _lies_on(row, ignored)]
    return [row for row in truth if row.confidence != 0], kept


def _lies_on(row: Row, ignored: list[Row]) -> bool:
    """Tell whether a box is of one of these: it fits one, or half of it lies inside one."""
    if not ignored:
        return False
    box, others = np.array(row.xyxy), np.array([other.xyxy for other in ignored])
    size = np.clip(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0, None)
    inside = size.prod(axis=1).max() / (box[2:] - box[:2]).prod()
    return bool(inside >= MIN_SHARE_INSIDE or overlaps([row], ignored).max() >= MIN_IOU)


if __name__ == "__main__":
    sys.exit(main())
