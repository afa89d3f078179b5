from pathlib import Path

import pytest

from edge_agent.perception.model_spec import ModelSpec
from edge_agent.scene_tools.findings import judge, refused
from edge_agent.scene_tools.words import load_catalogue

MODEL = ModelSpec("m/int8", Path("m.tflite"), ("person", "car", "cat", "empty"), ("person", "car"))
LINE = '[[lines]]\nid = "l"\nfrom = [0.2, 0.5]\nto = [0.6, 0.5]\n'
COUNT = '[[rules]]\nid = "r"\nkind = "line_count"\nline = "l"\n'
WORDS = load_catalogue()


def verdict(text: str, model: ModelSpec | str = MODEL):  # noqa: ANN201 - the tool's own type
    return judge(text, WORDS, folder=Path("/scenes"), aspect=1.5, model=model)


def test_a_good_scene_has_neither_errors_nor_warnings() -> None:
    found = verdict(LINE + COUNT)
    assert (found.findings, found.scene is not None, found.ground) == ((), True, None)


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        ("[[zones]] (id \"bow\"), key 'polygon': it has no area: x", ("zones", "bow", "polygon")),
        ("[[lines]] 2 (id \"a\"), key 'from[1]': expected", ("lines", "a", "from[1]")),
        ("[[privacy]] 3, key 'polygon': it has no area", ("privacy", "3", "polygon")),
        ("[homography], key 'points': the points lie on a line", ("homography", "", "points")),
        ('[[zones]]: id "plaza" is given 2 times: rename', ("zones", "plaza", "")),
        ("top level: unknown key 'x': known keys are a", ("", "", "")),
    ],
)
def test_the_place_of_a_refusal_is_taken_apart(problem: str, place: tuple[str, str, str]) -> None:
    found = refused(problem, WORDS)
    assert (found.table, found.entry, found.key) == place
    assert found.cause.en == problem


def test_every_error_is_told_and_the_scene_is_kept_back() -> None:
    found = verdict(LINE + LINE + COUNT.replace('"l"', '"m"'))
    assert [(each.table, each.entry) for each in found.errors] == [("lines", "l"), ("rules", "r")]
    assert found.scene is None


def test_what_the_engine_would_refuse_is_an_error() -> None:
    found = verdict(LINE + COUNT + 'classes = ["helmet"]\n')
    (error,) = found.errors
    assert (error.table, error.entry, "does not know helmet" in error.cause.en) == ("rules", "r", True)
    assert "không biết lớp helmet" in error.cause.vi


def test_a_survey_that_gives_no_plane_is_an_error() -> None:
    points = "[homography]\npoints = [[0, 0, 0, 0], [0.1, 0, 1, 0], [0.2, 0, 2, 0], [0.3, 0, 3, 0]]\n"
    (error,) = verdict(LINE + COUNT + points).errors
    assert (error.table, error.key) == ("homography", "points")


def test_warnings_come_after_errors_and_keep_nothing_back() -> None:
    found = verdict(LINE + COUNT + 'classes = ["cat"]\n')
    assert [(each.severity, each.code, each.place) for each in found.findings] == [
        ("warning", "class_weak", "[[rules]] r")
    ]
    assert found.scene is not None


def test_a_missing_model_is_told_and_the_rest_is_judged() -> None:
    found = verdict(LINE + COUNT, "no model 'x'")
    assert [each.code for each in found.findings] == ["model_unknown"]


def test_the_reference_picture_is_looked_for_beside_the_file() -> None:
    scene = verdict(LINE + COUNT + '[reference]\nimage = "still.png"\n').scene
    assert scene is not None
    assert scene.reference is not None
    assert scene.reference.image == "/scenes/still.png"
