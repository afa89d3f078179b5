"""`models/tools/evaluate.py --model` on a real video: the pipeline, the detector and the figures together."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "models" / "ssdlite_mobilenet_v2_coco" / "golden"
FRAMES = 20
STEP = 2  # pixels a frame, so that there is motion


def _write_case(folder: Path) -> tuple[Path, Path]:
    """A golden picture that slides to the right, and where its people are in each frame."""
    picture = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))["pictures"][0]
    image = np.asarray(cv2.imread(str(GOLDEN / picture["file"])), np.uint8)
    height, width = image.shape[:2]
    video, truth = folder / "slide.mp4", folder / "gt.txt"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), 10, (width, height))
    lines: list[str] = []
    for frame in range(FRAMES):
        shift = frame * STEP
        writer.write(np.roll(image, shift, axis=1))
        people = [one["xyxy"] for one in picture["detections"] if one["class"] == "person"]
        for identity, (x1, y1, x2, y2) in enumerate(people, start=1):
            box = (x1 * width + shift, y1 * height, (x2 - x1) * width, (y2 - y1) * height)
            lines.append(f"{frame + 1},{identity},{','.join(f'{n:.1f}' for n in box)},1,1,1")
    writer.release()
    truth.write_text("\n".join(lines), encoding="utf-8")
    return video, truth


def test_a_model_is_evaluated_through_the_products_own_pipeline(tmp_path: Path) -> None:
    video, truth = _write_case(tmp_path)
    command = [sys.executable, "models/tools/evaluate.py", "--truth", str(truth), "--video", str(video)]
    finished = subprocess.run(
        [*command, "--model", "ssdlite_mobilenet_v2_coco/int8", "--tiles", "1", "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    figures = json.loads(finished.stdout)["person"]
    assert (figures["boxes"], figures["objects"]) == (100, 5)
    assert figures["ap50"] > 0.6
    assert figures["recall"] > 0.5, figures
    assert figures["idf1"] > 0.5


def test_a_missing_video_ends_with_code_2_and_says_so(tmp_path: Path) -> None:
    _, truth = _write_case(tmp_path)
    missing = tmp_path / "none.mp4"
    command = [sys.executable, "models/tools/evaluate.py", "--truth", str(truth), "--video", str(missing)]
    finished = subprocess.run(
        [*command, "--model", "ssdlite_mobilenet_v2_coco"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 2
    assert "none.mp4" in finished.stderr
