from pathlib import Path

import pytest

from edge_agent.doctor.model import model, verdict
from fleet.wire.node_config import ModelSection


@pytest.mark.parametrize(
    ("took_ms", "tiles", "fps", "outcome", "busy"),
    [
        (10.0, 2, 20.0, "ok", "40"),
        (25.0, 2, 20.0, "ok", "100"),
        (30.0, 2, 20.0, "slow", "120"),
        (30.0, 1, 0.0, "ok", "0"),
    ],
)
def test_model_is_judged_by_what_the_cameras_want(
    took_ms: float, tiles: int, fps: float, outcome: str, busy: str
) -> None:
    finding = verdict("m", "litert", took_ms, tiles, fps)
    assert (finding.outcome, finding.values["busy_percent"]) == (outcome, busy)


def test_shipped_model_runs_here() -> None:
    finding = model(ModelSection(threads=1), 0.0)
    assert (finding.outcome, finding.values["model"].split("/")[0]) == ("ok", "ssdlite_mobilenet_v2_coco")


def test_model_that_is_not_there_is_told() -> None:
    finding = model(ModelSection(name="yolo99"), 10.0)
    assert finding.outcome == "unusable"
    assert "yolo99" in finding.values["detail"]


def test_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no model")
    assert model(ModelSection(name=str(path)), 10.0).outcome == "unusable"
