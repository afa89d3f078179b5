"""`models/tools/check_model.py` as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "model", ["ssdlite_mobilenet_v2_coco/int8", "ssdlite_mobilenet_v2_coco/fp16", "nanodet_416"]
)
def test_a_shipped_model_fits_on_one_screen(model: str) -> None:
    finished = subprocess.run(
        [sys.executable, "models/tools/check_model.py", model],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = finished.stdout.splitlines()
    assert (finished.returncode, lines[-1]) == (0, "the model fits"), finished.stderr
    assert len(lines) < 20
    assert [line.split()[1] for line in lines[:-1]] == [
        "file",
        "input",
        "outputs",
        "labels",
        "finds",
        "speed",
    ]
    assert "person" in lines[4]
    assert "car" in lines[4]
