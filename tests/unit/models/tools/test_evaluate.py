"""Figures of `models/tools/evaluate.py` against cases small enough to count by hand."""

import importlib.util
import json
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOOL = Path(__file__).resolve().parents[4] / "models" / "tools" / "evaluate.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evaluate", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


evaluate = _load()


def row(
    frame: int, identity: int, left: float, *, confidence: float = 1.0, class_name: str = "person"
) -> Any:
    """A box of 10 × 20 pixels, `left` pixels from the left."""
    return evaluate.Row(frame, identity, (left, 0.0, left + 10.0, 20.0), confidence, class_name)


# Two people who stand still for five frames, 100 pixels apart: ten boxes.
TRUTH = [row(frame, identity, 100.0 * identity) for frame in range(1, 6) for identity in (1, 2)]


def _without(frame: int, identity: int) -> list[Any]:
    return [one for one in TRUTH if (one.frame, one.identity) != (frame, identity)]


def _renamed_from(frame: int, identity: int, new: int) -> list[Any]:
    return [
        row(one.frame, new, one.xyxy[0]) if one.identity == identity and one.frame >= frame else one
        for one in TRUTH
    ]


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        pytest.param(
            TRUTH,
            {"mota": 1.0, "motp": 1.0, "idf1": 1.0, "recall": 1.0, "precision": 1.0, "id_switches": 0,
             "misses": 0, "false_positives": 0, "boxes": 10, "objects": 2, "mostly_tracked": 2},
            id="perfect tracks",
        ),
        pytest.param(
            # Person 2 is called 7 in frames 4 and 5: one switch. Identities agree on 5 + 3 of 10 boxes.
            _renamed_from(4, 2, 7),
            {"mota": 0.9, "idf1": 0.8, "recall": 1.0, "precision": 1.0, "id_switches": 1, "misses": 0,
             "false_positives": 0},
            id="one identity switch",
        ),
        pytest.param(
            # 9 of 10 boxes: IDF1 = 2·9 / (10 + 9).
            _without(3, 1),
            {"mota": 0.9, "idf1": 18 / 19, "recall": 0.9, "precision": 1.0, "id_switches": 0, "misses": 1,
             "false_positives": 0, "fragmentations": 1},
            id="one missed",
        ),
        pytest.param(
            # One box where nobody is: IDF1 = 2·10 / (10 + 11).
            [*TRUTH, row(2, 9, 400.0)],
            {"mota": 0.9, "idf1": 20 / 21, "recall": 1.0, "precision": 10 / 11, "id_switches": 0, "misses": 0,
             "false_positives": 1},
            id="one false",
        ),
        pytest.param(
            # Moved by 2 of 10 pixels: overlap 8/12 everywhere, still a match.
            [row(one.frame, one.identity, one.xyxy[0] + 2.0) for one in TRUTH],
            {"mota": 1.0, "motp": 2 / 3, "idf1": 1.0},
            id="shifted within the overlap asked for",
        ),
        pytest.param(
            # Moved by 4 pixels: overlap 6/14 < 0.5, so all missed and all false.
            [row(one.frame, one.identity, one.xyxy[0] + 4.0) for one in TRUTH],
            {"mota": -1.0, "recall": 0.0, "misses": 10, "false_positives": 10},
            id="shifted too far",
        ),
    ],
)  # fmt: skip
def test_clear_and_identity_figures_are_those_counted_by_hand(
    tracks: list[Any], expected: dict[str, float]
) -> None:
    figures = evaluate.agreement(TRUTH, tracks)
    found = {name: getattr(figures, name) for name in expected}
    assert expected == pytest.approx(found)


@pytest.mark.parametrize(
    ("detections", "expected"),
    [
        pytest.param(TRUTH, 1.0, id="every box found"),
        pytest.param([], 0.0, id="nothing found"),
        pytest.param(_without(3, 1), 0.9, id="nine of ten found"),
        pytest.param(
            [*TRUTH, row(2, -1, 400.0, confidence=0.1)], 1.0, id="a false one scored below all true ones"
        ),
        # The false one comes first: precision at the k-th hit is k/(k+1), its envelope 10/11 throughout.
        pytest.param([*TRUTH, row(2, -1, 400.0, confidence=2.0)], 10 / 11, id="a false one scored above all"),
        pytest.param(
            # A double of the first box, second in score: hit, miss, nine hits; envelope 1, then 10/11.
            [row(1, -1, 100.0, confidence=3.0), row(1, -1, 101.0, confidence=2.0), *_without(1, 1)],
            0.1 + 0.9 * 10 / 11,
            id="a second box on the same person is false",
        ),
    ],
)
def test_average_precision_is_the_area_counted_by_hand(detections: list[Any], expected: float) -> None:
    assert expected == pytest.approx(evaluate.ap50(TRUTH, detections))


def test_average_precision_without_truth_is_not_a_number() -> None:
    assert math.isnan(evaluate.ap50([], TRUTH))


@pytest.mark.parametrize(
    ("line", "class_name"),
    [
        ("1,2,10,20,30,40,0.9,person,-1,-1", "person"),
        ("1,2,10,20,30,40,1,1,0.5", "person"),
        ("1, 2, 10, 20, 30, 40, 1, 3, 1.0", "car"),
        ("1,2,10,20,30,40,1,-1,-1,-1", "-1"),
        ("1,2,10,20,30,40,1", "-1"),
    ],
)
def test_rows_carry_the_class_by_name_by_number_or_not_at_all(
    tmp_path: Path, line: str, class_name: str
) -> None:
    path = tmp_path / "gt.txt"
    path.write_text(f"{line}\n\n1,3,0,0,5,5,0,1,1\n", encoding="utf-8")
    (found,) = evaluate.read_rows(path, evaluate.TRUTH_NUMBERS)
    assert (1, 2, (10.0, 20.0, 40.0, 60.0), class_name) == (
        found.frame,
        found.identity,
        found.xyxy,
        found.class_name,
    )
    assert [found] == evaluate.of_class([found], "person") or class_name == "car"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2,3", "at least 7 columns"),
        ("1,2,3,4,0,6,1", "the box is empty"),
        ("one,2,3,4,5,6,1", "could not convert"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "gt.txt"
    path.write_text(f"1,1,0,0,5,5,1\n{line}\n", encoding="utf-8")
    with pytest.raises(evaluate.MotTextError, match=f"gt.txt:2: .*{message}"):
        evaluate.read_rows(path, {})


def test_files_are_evaluated_class_by_class_and_printed_as_one_json_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, tracks = tmp_path / "gt.txt", tmp_path / "tracks.txt"
    truth.write_text("".join(f"{f},1,0,0,10,20,1,-1,-1,-1\n" for f in (1, 2)), encoding="utf-8")
    tracks.write_text("1,5,0,0,10,20,0.8,1,-1,-1\n2,5,90,0,10,20,0.7,4,-1,-1\n", encoding="utf-8")
    code = evaluate.main(["--truth", str(truth), "--tracks", str(tracks), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (
        code,
        list(report),
        report["person"]["mota"],
        report["person"]["ap50"],
    ) == (0, ["person"], 0.5, 0.5)


def test_class_numbers_of_tracks_are_the_models_ids_plus_one() -> None:
    numbers = evaluate.track_numbers("ssdlite_mobilenet_v2_coco")
    assert [numbers[number] for number in "1234"] == ["person", "bicycle", "car", "motorcycle"]


def test_a_missing_file_ends_with_code_2_and_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = evaluate.main(["--truth", str(tmp_path / "none.txt"), "--tracks", str(tmp_path / "t.txt")])
    assert code == 2
    assert "none.txt" in capsys.readouterr().err
