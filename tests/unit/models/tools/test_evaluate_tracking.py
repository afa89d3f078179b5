"""What `models/tools/evaluate_tracking.py` counts and leaves out, and the truth that it counts by."""

import csv
import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
TOOLS = ROOT / "models" / "tools"
DATA = ROOT / "tests" / "data" / "tracking"
WIDTH, HEIGHT = 768, 576


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


evaluate = _load("evaluate")
evaluate_tracking = _load("evaluate_tracking")


def row(frame: int, left: float, *, counts: bool = True, width: float = 10.0) -> Any:
    return evaluate.Row(frame, 1, (left, 0.0, left + width, 20.0), float(counts), "person")


# Frame 1: somebody at 100, and somebody to be ignored at 200; frame 11: only somebody to be ignored.
TRUTH = [row(1, 100), row(1, 200, counts=False), row(11, 200, counts=False)]


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        pytest.param(row(1, 100), True, id="on a counted person"),
        pytest.param(row(1, 400), True, id="on nothing: a false positive"),
        pytest.param(row(1, 202), False, id="on somebody to be ignored"),
        pytest.param(row(1, 200, width=4), False, id="small, but wholly inside the ignored box"),
        pytest.param(row(1, 206), True, id="less than half inside, overlap 4/16"),
        pytest.param(row(11, 100), True, id="on nothing in a frame without counted people"),
        pytest.param(row(11, 202), False, id="ignored in a frame without counted people"),
        pytest.param(row(2, 400), False, id="in a frame that is not labelled"),
    ],
)
def test_what_lies_on_something_ignored_is_left_out(found: Any, *, kept: bool) -> None:
    counted, judged = evaluate_tracking.judged(TRUTH, [found])
    assert counted == [TRUTH[0]]
    assert judged == ([found] if kept else [])


def test_a_box_that_fits_a_counted_person_is_kept_though_it_lies_on_an_ignored_one() -> None:
    truth = [row(1, 100), row(1, 101, counts=False)]
    _, judged = evaluate_tracking.judged(truth, [row(1, 101)])
    assert judged == [row(1, 101)]


def test_tracks_that_are_the_truth_score_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tracks = tmp_path / "T.txt"
    lines = (DATA / "truth.txt").read_text(encoding="utf-8").splitlines()
    tracks.write_text("".join(f"{line}\n" for line in lines if line.split(",")[6] == "1"), encoding="utf-8")
    code = evaluate_tracking.main(["--tracks", str(tracks)])
    figures = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (figures["mota"], figures["idf1"], figures["motp"]) == (1.0, 1.0, 1.0)
    assert (figures["frames"], figures["boxes"], figures["objects"]) == (80, 487, 20)


def test_a_file_that_is_no_tracks_ends_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tracks = tmp_path / "T.txt"
    tracks.write_text("1,2,3\n", encoding="utf-8")
    assert evaluate_tracking.main(["--tracks", str(tracks)]) == 2
    assert "T.txt:1" in capsys.readouterr().err


def test_the_truth_is_whole() -> None:
    rows = evaluate.every_row(DATA / "truth.txt", evaluate.TRUTH_NUMBERS)
    assert {one.frame for one in rows} == set(range(1, 800, 10))
    assert Counter((one.frame, one.identity) for one in rows).most_common(1)[0][1] == 1
    boxes = [one.xyxy for one in rows]
    assert [box for box in boxes if min(box) < 0 or box[2] > WIDTH or box[3] > HEIGHT] == []


def test_every_identity_is_a_person_who_is_described() -> None:
    rows = evaluate.every_row(DATA / "truth.txt", evaluate.TRUTH_NUMBERS)
    with (DATA / "people.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    spans = {int(one["id"]): (int(one["first_frame"]), int(one["last_frame"])) for one in people}
    seen = {
        identity: [one.frame for one in rows if one.identity == identity]
        for identity in {one.identity for one in rows}
    }
    assert spans == {identity: (min(frames), max(frames)) for identity, frames in seen.items()}
    assert all(one["who"] for one in people)
