"""What `models/tools/check_model.py` says of outputs and labels that do not fit."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edge_agent.perception.model_spec import ModelSpec

TOOL = Path(__file__).resolve().parents[4] / "models" / "tools" / "check_model.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_model", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


check_model = _load()


def raw(
    *,
    boxes: tuple[tuple[float, ...], ...] = ((0.1, 0.2, 0.5, 0.6), (0.3, 0.1, 0.9, 1.02)),
    classes: tuple[float, ...] = (0.0, 1.0),
    scores: tuple[float, ...] = (0.9, 0.4),
) -> Any:
    """Two detections, as the interpreter gives them: ymin, xmin, ymax, xmax."""
    return check_model.RawOutput(
        np.array(boxes, np.float32), np.array(classes, np.float32), np.array(scores, np.float32), len(scores)
    )


def _failures(findings: Any) -> list[str]:
    return [f"{finding.subject}: {finding.text}" for finding in findings if finding.verdict == "FAIL"]


def test_outputs_of_the_contract_pass() -> None:
    assert _failures(check_model.of_outputs([raw()])) == []


@pytest.mark.parametrize(
    ("output", "subject", "reason"),
    [
        (raw(scores=(3.1, -4.0)), "scores", "not 0 to 1"),
        (raw(classes=(0.91, 0.4)), "classes", "not whole numbers"),
        (raw(classes=(-1.0, 0.0)), "classes", "not whole numbers"),
        (raw(boxes=((30.0, 60.0, 150.0, 180.0), (0.0, 0.0, 9.0, 9.0))), "boxes", "in pixels"),
        (raw(boxes=((0.5, 0.6, 0.1, 0.2), (0.9, 1.0, 0.3, 0.1))), "boxes", "ymin, xmin, ymax, xmax"),
    ],
    ids=["logits", "classes exchanged with scores", "class -1", "pixels", "corners in another order"],
)
def test_outputs_of_a_wrong_export_fail_with_the_reason(output: Any, subject: str, reason: str) -> None:
    (failure,) = _failures(check_model.of_outputs([output]))
    assert failure.startswith(f"{subject}: ")
    assert reason in failure


@pytest.mark.parametrize(
    ("labels", "classes", "reason"),
    [
        (("person", "car"), ("person",), None),
        (("person", "car"), ("person", "lorry"), "`classes` names what the labels lack: lorry"),
        (("person",), (), "class 1 was found, the labels end at 0"),
        (("empty", "person", "car"), (), "a sure detection has a class without a name"),
    ],
    ids=["fitting", "a class that the labels lack", "too few lines", "shifted by one"],
)
def test_labels_are_held_against_the_classes_found(
    labels: tuple[str, ...], classes: tuple[str, ...], reason: str | None
) -> None:
    spec = ModelSpec("mine", Path("mine.tflite"), labels, classes)
    failures = _failures(check_model.of_labels(spec, [raw()]))
    assert len(failures) == (0 if reason is None else 1)
    assert all(reason is not None and reason in failure for failure in failures)


@pytest.mark.parametrize(
    ("highest", "classes", "reason"),
    [
        (0.9, ("person",), None),
        (2.5, ("person",), "put the sigmoid in"),
        (0.9, ("lorry",), "`classes` names what the labels lack: lorry"),
    ],
    ids=["fitting", "logits", "a class that the labels lack"],
)
def test_scores_of_raw_heads_are_judged(highest: float, classes: tuple[str, ...], reason: str | None) -> None:
    spec = ModelSpec("mine", Path("mine.tflite"), ("person", "car"), classes)
    scores = np.full((1, 6, 2), highest, np.float32)
    failures = _failures(check_model.of_scores(spec, scores))
    assert len(failures) == (0 if reason is None else 1)
    assert all(reason is not None and reason in failure for failure in failures)


def test_a_file_that_is_no_model_fails_with_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.txt").write_text("person\n", encoding="utf-8")
    (tmp_path / "mine.tflite").write_bytes(b"not a model at all")
    code = check_model.main([str(tmp_path / "mine.tflite")])
    printed = capsys.readouterr().out
    assert code == 1
    assert "FAIL" in printed
    assert "not a TFLite model" in printed


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = check_model.main(["ssdlite_mobilenet_v2_coco", "--image", str(tmp_path / "none.jpg")])
    assert code == 1
    assert "none.jpg" in capsys.readouterr().out
